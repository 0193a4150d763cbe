import ArgumentParser
import Datasets
import Formats
import Foundation
import Synchronization

struct DataDownloadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "download",
    abstract: "Fetches published data sets, checks them and unpacks them to their folders.",
    example: HelpExample(
      "CIFAR-100 and its corrupted test images, about 3.1 GB",
      "mixmo data download cifar100 cifar100-c --data data"),
    discussion: """
      Data sets: \(names.joined(separator: ", ")).

      Each archive has several addresses, which are tried in order: the published one, then mirrors. \
      What comes must have the published MD5. What is there already is left alone. A download that was stopped or killed continues where \
      it was when the same command is given again.
      """)

  private static let names = PublishedArchive.all.map(\.name)

  @Argument(help: ArgumentHelp("The data sets.", valueName: "name"))
  var names: [String]

  @OptionGroup var folder: DataFolder

  @Option(
    help: ArgumentHelp(
      "A mirror that has the archives, or a folder that they are in.", valueName: "url|dir"))
  var from: String?

  @Flag(help: "Replace what is there of a data set; your own files beside it stay.")
  var force = false

  @Flag(help: "Keep the archive that was downloaded.")
  var keepArchive = false

  @OptionGroup var output: OutputOptions

  /// A line of output.
  private struct Row: Encodable {
    let dataset: String
    let folder: String
    let isNew: Bool

    init(_ archive: PublishedArchive, _ outcome: Downloader.Outcome) {
      dataset = archive.name
      switch outcome {
      case .alreadyThere(let url): (folder, isNew) = (url.path, false)
      case .installed(let url): (folder, isNew) = (url.path, true)
      }
    }

    var line: String { "\(dataset): \(isNew ? "now" : "already") in \(folder)\n" }
  }

  func validate() throws {
    _ = try archives()
    if let from, !Self.isFolder(from), !Self.isAddress(from) {
      throw ValidationError(
        "--from: expected an http or https address or a folder, found \"\(from.oneLine)\".")
    }
  }

  /// Whether a text is the address of a web server.
  private static func isAddress(_ text: String) -> Bool {
    guard let parts = URLComponents(string: text), let scheme = parts.scheme else { return false }
    return ["http", "https"].contains(scheme.lowercased()) && parts.host?.isEmpty == false
  }

  /// Whether a text is the path of a folder, not an address, whole or unfinished.
  private static func isFolder(_ text: String) -> Bool {
    let isWeb = ["http:", "https:"].contains { text.lowercased().hasPrefix($0) }
    return !text.allSatisfy(\.isWhitespace) && !text.contains("://") && !isWeb
  }

  private func archives() throws -> [PublishedArchive] {
    try names.map { name in
      guard let archive = PublishedArchive.named(name) else {
        throw ValidationError(
          "unknown data set \"\(name)\"; " + Spelling.suggestion(for: name, from: Self.names))
      }
      return archive
    }
  }

  private var source: Downloader.Source {
    guard let from else { return .published }
    return Self.isFolder(from) ? .folder(URL(fileURLWithPath: from)) : .mirror(from)
  }

  func run() async throws {
    Interruption.listen()
    var rows: [Row] = []
    for archive in try archives() {
      var downloader = Downloader(archive, data: folder.url)
      downloader.source = source
      downloader.replaces = force
      downloader.keepsArchive = keepArchive
      let row = Row(archive, try await outcome(of: downloader))
      rows.append(row)
      if !output.json { try output.terminal.show(row.line) }
    }
    if output.json { try output.terminal.show(json: rows) }
  }

  private func outcome(of downloader: Downloader) async throws -> Downloader.Outcome {
    let progress = Mutex(DownloadProgress(downloader.archive.name, output.terminal))
    defer { progress.withLock { $0.finish() } }
    do {
      return try await downloader.run(
        report: { event in progress.withLock { $0.show(event) } },
        isInterrupted: { Interruption.isRequested })
    } catch let error as DownloadError {
      switch error {
      case .interrupted, .unpackingInterrupted:
        progress.withLock { $0.finish() }
        output.terminal.say("\(downloader.archive.name): \(error)")
        throw ExitCode(130)
      default: throw error
      }
    }
  }
}

/// Shows how far a download is: a bar for each step.
private final class DownloadProgress {
  private let name: String
  private let terminal: Terminal
  private var step = ""
  private var bar: ProgressBar?
  private var latest = -1

  init(_ name: String, _ terminal: Terminal) {
    self.name = name
    self.terminal = terminal
  }

  func show(_ event: Downloader.Event) {
    switch event {
    case .receiving(let done, let total): update("download", done, total ?? 0)
    case .checking(let done, let total): update("check", done, total)
    case .unpacking(let done, let total): update("unpack", done, total)
    case .retrying(let reason, let pause):
      say(String(format: "%@; again in %.0f s", reason, pause))
    case .trying(let address, let reason): say("\(reason); trying \(address)")
    case .startingOver(let reason): say("\(reason); removed, receiving it again")
    case .using(let url): say("using \(url.path)")
    case .ignoring(let reason): say("\(reason); downloading it again")
    }
  }

  func finish() {
    bar?.finish()
    (bar, latest) = (nil, -1)
  }

  private func update(_ step: String, _ done: Int, _ total: Int) {
    if step != self.step || done < latest { finish() }
    guard done != latest else { return }
    self.step = step
    latest = done
    let bar = bar ?? ProgressBar("\(name) \(step)", total: total, unit: .bytes, terminal: terminal)
    self.bar = bar
    bar.update(done, ByteCount.text(done))
  }

  private func say(_ text: String) {
    finish()
    terminal.say("\(name): \(text)")
  }
}
