import Foundation

extension VerifiedForm {
  /// Tiny-ImageNet-200 as published, or with MixMo's rearranged validation images.
  static let tinyImageNet = VerifiedForm(
    places: ["tinyimagenet200-data", "tiny-imagenet-200", ""],
    marks: ["wnids.txt", "val/val_annotations.txt", "train"]
  ) { folder in
    let listed = (try? TextLines.read(folder.url("wnids.txt"))) ?? []
    let found = CountedImages.folders(in: folder.url("train"))
    // A class is checked whether the list or the folder has it.
    let classes = Set(listed).union(found).sorted()
    let isListed = Set(listed)
    return [
      folder.check("wnids.txt") { try wnids(in: $0) },
      folder.check("words.txt"),
    ]
      + classes.map { name in
        folder.check("train/\(name)") { url in
          var findings = try CountedImages.findings(in: url, expected: 500)
          if !isListed.contains(name) { findings.problems.append("not in wnids.txt") }
          return findings
        }
      } + validation(folder, listed)
  }

  private static let classCount = 200

  private static func wnids(in url: URL) throws -> Findings {
    let names = try TextLines.read(url)
    let count = Set(names).count
    guard count == classCount, names.count == classCount else {
      return Findings(problems: [
        "expected \(classCount) different classes, found \(names.count), \(count) different"
      ])
    }
    return Findings()
  }

  private static func validation(
    _ folder: VerifiedFolder, _ listed: [String]
  ) -> [VerificationCheck] {
    let classFolders = CountedImages.folders(in: folder.url("val/images"))
    guard classFolders.isEmpty else {
      return Set(classFolders).union(listed).sorted().map { name in
        folder.check("val/images/\(name)") { try CountedImages.findings(in: $0, expected: 50) }
      }
    }
    let annotations = folder.url("val/val_annotations.txt")
    return [
      folder.check("val/val_annotations.txt") { try annotated(in: $0, listed) },
      folder.check("val/images") { url in
        var findings = try CountedImages.findings(in: url, expected: 50 * classCount)
        let names = Set(try Annotation.read(annotations).map(\.file))
        if let missing = try CountedImages.images(in: url).first(where: { !names.contains($0) }) {
          findings.problems.append("\(missing) is not in val_annotations.txt")
        }
        return findings
      },
    ]
  }

  /// Each image once, 50 of each class, and each file there.
  private static func annotated(in url: URL, _ listed: [String]) throws -> Findings {
    let annotations = try Annotation.read(url)
    var findings = Findings(imageCount: annotations.count)
    let images = url.deletingLastPathComponent().appendingPathComponent("images")
    let files = Set(try CountedImages.images(in: images))
    if let lost = annotations.first(where: { !files.contains($0.file) }) {
      findings.problems.append("images/\(lost.file) is missing")
    }
    if Set(annotations.map(\.file)).count != annotations.count {
      findings.problems.append("an image is listed twice")
    }
    let counts = Dictionary(grouping: annotations, by: \.label).mapValues(\.count)
    let classes = Set(counts.keys).union(listed).sorted()
    if let wrong = classes.first(where: { counts[$0] != 50 }) {
      findings.problems.append("expected 50 images of \(wrong), found \(counts[wrong] ?? 0)")
    }
    if let stranger = classes.first(where: { !listed.contains($0) }) {
      findings.problems.append("\(stranger) is not in wnids.txt")
    }
    return findings
  }

  /// Tiny-ImageNet-C: a folder for each corruption, severity and class.
  ///
  /// The extra corruptions come in an archive of their own, so that they may be absent.
  static let corruptedFolders = VerifiedForm(
    places: ["Tiny-ImageNet-C", ""], marks: CorruptedFiles.benchmark + CorruptedFiles.extra
  ) { folder in
    let extra = Set(CountedImages.folders(in: folder.url)).intersection(CorruptedFiles.extra)
    let names = (CorruptedFiles.benchmark + extra).sorted()
    let cells = names.flatMap { name in (1...5).map { "\(name)/\($0)" } }
    // The classes must be the same everywhere: those of the first cell that is whole.
    let classes = cells.lazy.map { CountedImages.folders(in: folder.url($0)) }
      .first { $0.count == classCount }
    return cells.map { cell in
      folder.check(cell) { try cellFindings(in: $0, classes: classes) }
    }
  }

  private static func cellFindings(in url: URL, classes: [String]?) throws -> Findings {
    let found = CountedImages.folders(in: url)
    var findings = Findings(imageCount: 0)
    if found.count != classCount {
      findings.problems.append("expected \(classCount) class folders, found \(found.count)")
    } else if found != classes {
      findings.problems.append("its classes are not those of the other folders")
    }
    for name in found {
      let inside = try CountedImages.findings(in: url.appendingPathComponent(name), expected: 50)
      findings.imageCount = (findings.imageCount ?? 0) + (inside.imageCount ?? 0)
      findings.problems += inside.problems.map { "\(name): \($0)" }
    }
    if findings.problems.count > 3 {
      findings.problems = findings.problems.prefix(3) + ["and \(findings.problems.count - 3) more"]
    }
    return findings
  }
}

/// The images of a folder.
private enum CountedImages {
  /// The names of the folders in `folder`, sorted; none where it cannot be read.
  static func folders(in folder: URL) -> [String] {
    ((try? FolderListing.entries(of: folder)) ?? []).filter(\.isFolder).map(\.name)
  }

  /// The names of the images directly in `folder`, sorted.
  static func images(in folder: URL) throws -> [String] {
    try FolderListing.entries(of: folder).filter(isImage).map(\.name)
  }

  /// Counts the images in `folder`, or in a folder `images` in it; empty files are problems.
  static func findings(in folder: URL, expected: Int) throws -> Findings {
    var entries = try FolderListing.entries(of: folder)
    if entries.contains(where: { $0.name == "images" && $0.isFolder }) {
      entries = try FolderListing.entries(of: folder.appendingPathComponent("images"))
    }
    let images = entries.filter(isImage)
    var findings = Findings(imageCount: images.count)
    if images.count != expected {
      findings.problems.append("expected \(expected) images, found \(images.count)")
    }
    if let empty = images.first(where: { $0.byteCount == 0 }) {
      findings.problems.append("\(empty.name) is empty")
    }
    return findings
  }

  private static func isImage(_ entry: FolderListing.Entry) -> Bool {
    !entry.isFolder && ClassFolders.isImage(entry.name)
  }
}

/// A line of `val_annotations.txt`: the image's file, its class, and a box.
private struct Annotation {
  let file: String
  let label: String

  static func read(_ url: URL) throws -> [Annotation] {
    try TextLines.read(url).map { line in
      let fields = line.split(separator: "\t")
      return Annotation(
        file: fields.first.map(String.init) ?? "",
        label: fields.count > 1 ? String(fields[1]) : "")
    }
  }
}
