import CFuzzing
import Foundation

/// The bytes of one run, in memory and as a file.
struct Input: Sendable {
  /// The contents.
  let bytes: [UInt8]
  /// The file, which holds the contents.
  let file: MemoryFile

  /// The path of the file.
  var url: URL { file.url }

  /// Whether this is one of the few inputs that are also written and read again, which is slow.
  var isChosen: Bool {
    bytes.reduce(UInt8(bytes.count & 0xFF)) { $0 &* 31 &+ $1 } < 16
  }

  /// The path of a file to write, in memory.
  var output: URL { Self.folder.appendingPathComponent("output") }

  /// What `body` returns, or nil if it throws an error that is as errors must be.
  @discardableResult
  func attempt<Result>(_ body: () throws -> Result) -> Result? {
    do { return try body() } catch { check(error) }
    return nil
  }

  /// An error must name its file and say what is wrong on one line that a terminal can show.
  func check(_ error: any Error) {
    let message = "\(error)"
    if !message.contains(url.path) && !message.contains(Self.folder.path) {
      fatalError("does not name the file: \(message)")
    }
    for scalar in message.unicodeScalars where scalar.value < 0x20 || scalar.value > 0x7E {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator:
        fatalError("not one line of text: \(message.debugDescription)")
      default: break
      }
    }
  }
}

/// A file in memory with a path of its own, of which the contents are replaced for each run.
struct MemoryFile: Sendable {
  private let descriptor: Int32
  /// The path under which the system shows it.
  let url: URL

  init() {
    descriptor = fuzzing_memory_file()
    precondition(descriptor >= 0, "no file in memory: \(String(cString: strerror(errno)))")
    url = URL(fileURLWithPath: "/proc/self/fd/\(descriptor)")
  }

  /// Makes `bytes` the contents.
  func hold(_ bytes: [UInt8]) {
    let isWritten =
      ftruncate(descriptor, off_t(bytes.count)) == 0
      && pwrite(descriptor, bytes, bytes.count, 0) == bytes.count
    precondition(isWritten, "cannot write the input: \(String(cString: strerror(errno)))")
  }
}

extension Input {
  /// A folder in memory, the same for all runs of this process, that is removed at its end.
  static let folder: URL = {
    let folder = URL(fileURLWithPath: "/dev/shm/mixmo-fuzzing-\(getpid())")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      fatalError("\(error)")
    }
    atexit { try? FileManager.default.removeItem(at: Input.folder) }
    return folder
  }()
}

extension Input {
  /// Lets a path in the folder stand for the input, or for another file.
  func link(_ path: String, to other: MemoryFile? = nil) {
    let link = Self.folder.appendingPathComponent(path)
    let target = (other?.url ?? url).path
    if symlink(target, link.path) == 0 || errno == EEXIST { return }
    makeFolder(link.deletingLastPathComponent())
    precondition(symlink(target, link.path) == 0, "no link at \(link.path)")
  }

  /// Makes a folder and those above it.
  func makeFolder(_ folder: URL) {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      fatalError("\(error)")
    }
  }
}
