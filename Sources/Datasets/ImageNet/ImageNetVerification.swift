import Formats
import Foundation
import Scoring

/// Checks of ImageNet's validation pictures, of ImageNet-A and ImageNet-R, and of ImageNet-C's tree.
///
/// No MD5 of single pictures is published: pictures are counted and decoded.
enum ImageNetVerification {
  /// What can be verified.
  static let datasets = [
    VerifiedDataset(name: "imagenet") { _ in
      [
        pictures(
          in: ["imagenet/val", "ILSVRC2012/val", "val", ""],
          Expected(classCount: 1000, perClass: 50, count: 50_000))
      ]
    },
    VerifiedDataset(name: "imagenet-c") { _ in [tree] },
    VerifiedDataset(name: "imagenet-a") { _ in
      [pictures(in: ["imagenet-a", "ImageNet-A", ""], Expected(classCount: 200, count: 7500))]
    },
    VerifiedDataset(name: "imagenet-r") { _ in
      [pictures(in: ["imagenet-r", "ImageNet-R", ""], Expected(classCount: 200, count: 30_000))]
    },
  ]

  /// What is published.
  private struct Expected: Sendable {
    let classCount: Int
    /// The pictures of each class, where all have as many.
    var perClass: Int?
    let count: Int

    /// In what folders of classes with these numbers of pictures are not the published ones.
    func differences(_ counts: [(name: String, count: Int)]) -> [String] {
      let total = counts.reduce(0) { $0 + $1.count }
      let other = perClass.flatMap { perClass in counts.first { $0.count != perClass } }
      let texts = [
        counts.count == classCount
          ? nil : "expected \(classCount) classes, found \(counts.count)",
        total == count ? nil : "expected \(count) pictures, found \(total)",
        other.map { "expected \(perClass ?? 0) pictures of \($0.name), found \($0.count)" },
      ]
      return texts.compactMap(\.self)
    }
  }

  // MARK: Pictures of any size

  /// Pictures in the folders of their classes: a check of all folders, and one of the pictures in each.
  private static func pictures(in folders: [String], _ expected: Expected) -> VerifiedForm {
    VerifiedForm(folders: folders, marks: [ImageNetClasses.published]) { folder in
      let (names, known) = (subfolders(of: folder.url), Set(ImageNetClasses.published))
      let all = VerificationCheck(path: folder.path.isEmpty ? "." : folder.path, url: folder.url) {
        url in
        let counts = try names.filter(known.contains).map {
          (name: $0, count: try ClassFolders.images(ofClass: $0, in: url).count)
        }
        return Findings(differences: expected.differences(counts))
      }
      return [all]
        + names.map { name in
          folder.check(name) { url in
            guard known.contains(name) else {
              return Findings(problems: ["no class of the data set"])
            }
            let files = try ClassFolders.images(ofClass: name, in: folder.url)
            var findings = Findings()
            findings.decode(files.count) { index in
              _ = try PictureFolder.decode(folder.url.file(files[index]))
            }
            return findings
          }
        }
    }
  }

  // MARK: ImageNet-C

  private static let side = 224

  /// A check of each folder of a corruption and severity.
  ///
  /// The extra corruptions may be absent, because they come in an archive of their own. Of what
  /// `mixmo corrupt` made, the folders that are there are checked.
  private static let tree = VerifiedForm(
    folders: ["ImageNet-C", "imagenet-c", ""],
    marks: [CorruptionNames.benchmark + CorruptionNames.extra + CorruptionFolders.groups]
  ) { folder in
    let folders: CorruptionFolders
    do {
      folders = try CorruptionFolders(folder.url)
    } catch {
      let problem = "\(error)"
      return [
        VerificationCheck(path: folder.path.isEmpty ? "." : folder.path, url: folder.url) { _ in
          Findings(problems: [problem])
        }
      ]
    }
    let imageCount = BenchmarkRecord.imageCountOfPictures(in: folder.url)
    let published = imageCount == nil ? CorruptionNames.benchmark : []
    let stored = folders.names.filter(CorruptionNames.isPublished)
    return Set(published + stored).sorted().flatMap { name in
      let severities = (try? folders.severities(of: name)) ?? []
      return (published.contains(name) ? Array(1...5) : severities).map { severity in
        folder.check("\(folders.path(of: name))/\(severity)") {
          try findings(ofCell: $0, made: imageCount)
        }
      }
    }
  }

  /// Counts and decodes the images of a cell, of which `mixmo corrupt` made as many as `made` says.
  private static func findings(ofCell url: URL, made: Int?) throws -> Findings {
    let files = try PictureListing.pictures(below: "", in: url)
    var findings = Findings()
    if let made {
      findings.differences = ["made by mixmo corrupt"]
      if files.count != made {
        findings.problems.append("expected \(made) images, found \(files.count)")
      }
    } else {
      let names = files.map { String($0.prefix { $0 != "/" }) }
      let counts = Dictionary(names.map { ($0, 1) }, uniquingKeysWith: +).sorted { $0.key < $1.key }
      let known = Set(ImageNetClasses.published)
      let others = counts.map(\.key).filter { !known.contains($0) }
      if !others.isEmpty { findings.problems.append("no classes: \(others.listed(limit: 3))") }
      findings.differences = Expected(classCount: 1000, perClass: 50, count: 50_000)
        .differences(counts.map { (name: $0.key, count: $0.value) })
    }
    let images = ImageFolder(
      name: "imagenet-c", classNames: [], imageSide: side,
      labels: [Int](repeating: 0, count: files.count), root: url, files: files)
    findings.decode(files.count) { _ = try images.image(at: $0) }
    return findings
  }

  private static func subfolders(of folder: URL) -> [String] {
    ((try? FolderListing.entries(of: folder)) ?? []).filter(\.isFolder).map(\.name)
  }
}
