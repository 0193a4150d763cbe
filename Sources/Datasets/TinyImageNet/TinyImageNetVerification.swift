import Formats
import Foundation
import Scoring

extension TinyImageNet {
  /// A check of each class of the training images, and one of the validation images, in every
  /// layout that can be read.
  func verifiedForms(in data: URL) -> [VerifiedForm] {
    [
      VerifiedForm(
        folders: TinyImageNetFolder.candidates, marks: [TinyImageNetFolder.parts]
      ) { folder in
        let classes =
          (try? TinyImageNetClasses.listed(in: folder.url)) ?? TinyImageNetClasses.published
        return Self.listChecks(folder) + Self.trainChecks(folder, classes) + [
          folder.check("val") { _ in
            let found = try TinyImageNetFolder(in: data)
            return Self.findings(of: try found.images(.test), classes: found.classes, perClass: 50)
          }
        ]
      }
    ]
  }

  /// A check of the list of classes; none if there is no list, because the published classes are
  /// used then.
  private static func listChecks(_ folder: VerifiedFolder) -> [VerificationCheck] {
    guard folder.has("wnids.txt") else { return [] }
    return [
      folder.check("wnids.txt") { _ in
        _ = try TinyImageNetClasses.listed(in: folder.url)
        return Findings()
      }
    ]
  }

  private static func trainChecks(
    _ folder: VerifiedFolder, _ classes: [String]
  ) -> [VerificationCheck] {
    let train = folder.url("train")
    let others = Set(subfolders(of: train)).subtracting(classes + ["images"]).sorted()
    return classes.map { name in
      folder.check("train/\(name)") { _ in
        let files = try ClassFolders.images(ofClass: name, in: train)
        return findings(
          of: images([ClassFolders.Class(name: name, files: files)], in: train), classes: [name],
          perClass: 500)
      }
    }
      + others.map { name in
        folder.check("train/\(name)") { _ in Findings(problems: ["no class of the data set"]) }
      }
  }

  /// A check of each folder of a corruption and severity.
  ///
  /// The extra corruptions may be absent, because they come in an archive of their own. Of what
  /// `mixmo corrupt` made, the folders that are there are checked.
  func corruptedForms(in data: URL) -> [VerifiedForm] {
    [
      VerifiedForm(folders: Self.corruptedFolders, marks: [["."]]) { folder in
        let classes =
          (try? TinyImageNetFolder(in: data).classes) ?? TinyImageNetClasses.published
        let record = BenchmarkRecord.found(in: folder.url, of: Self.name)
        return Self.cells(in: folder, all: record == nil).map { cell in
          folder.check(cell) { try Self.findings(ofCell: $0, classes: classes, record) }
        }
      }
    ]
  }

  /// The paths of the cells that should be there, or of those that are.
  private static func cells(in folder: VerifiedFolder, all: Bool) -> [String] {
    let names = CorruptionNames.benchmark + CorruptionNames.extra
    if all {
      let expected = CorruptionNames.benchmark + CorruptionNames.extra.filter(folder.has)
      return expected.sorted().flatMap { name in (1...5).map { "\(name)/\($0)" } }
    }
    let stored = subfolders(of: folder.url).filter { names.contains(Cell.publishedName(of: $0)) }
    return stored.flatMap { name in (1...5).map { "\(name)/\($0)" }.filter(folder.has) }
  }

  private static func findings(
    ofCell url: URL, classes: [String], _ record: BenchmarkRecord?
  ) throws -> Findings {
    guard let record else {
      let listing = try ClassFolders.list(classes, in: url)
      var found = findings(of: images(listing.classes, in: url), classes: classes, perClass: 50)
      if !listing.otherFolders.isEmpty {
        found.note = "left out: \(listing.otherFolders.listed())"
      }
      return found
    }
    // A part of the test images may have no image of a class.
    let all = try classes.map {
      ClassFolders.Class(name: $0, files: try ClassFolders.images(ofClass: $0, in: url))
    }
    var found = Findings(differences: ["made by mixmo corrupt with the seed \(record.seed)"])
    let stored = images(all, in: url)
    found.decode(stored.count) { _ = try stored.image(at: $0) }
    if found.imageCount != record.images {
      found.problems.append("expected \(record.images) images, found \(found.imageCount ?? 0)")
    }
    return found
  }

  private static func images(_ classes: [ClassFolders.Class], in root: URL) -> ImageFolder {
    ImageFolder(name: name, imageSide: imageSide, root: root, classes: classes)
  }

  /// Counts the images of each class, and decodes all.
  private static func findings(
    of images: ImageFolder, classes: [String], perClass: Int
  ) -> Findings {
    var counts = [Int](repeating: 0, count: classes.count)
    for label in images.labels { counts[label] += 1 }
    var findings = Findings()
    findings.compare(counts, expected: perClass) { classes[$0] }
    findings.decode(images.count) { _ = try images.image(at: $0) }
    return findings
  }

  /// The names of the folders in `folder`; none if it cannot be read.
  private static func subfolders(of folder: URL) -> [String] {
    ((try? FolderListing.entries(of: folder)) ?? []).filter(\.isFolder).map(\.name)
  }
}
