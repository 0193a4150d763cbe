import Foundation

extension VerifiedForm {
  private static let kind = DatasetKind.tinyimagenet200

  /// Tiny-ImageNet-200 below the folder `data`, in every layout that is read.
  static func tinyImageNet(in data: URL) -> VerifiedForm {
    VerifiedForm(places: TinyImageNetFolder.homes, marks: [TinyImageNetFolder.parts]) { folder in
      let list = "wnids.txt"
      let classes =
        (try? TinyImageNetFolder.classes(in: folder.url)) ?? TinyImageNetClasses.published
      let train = folder.url("train")
      let others = Set(folders(in: train)).subtracting(classes + ["images"]).sorted()
      // Without a list, the published classes are meant.
      let listed =
        !folder.has(list)
        ? []
        : [
          folder.check(list) { _ in
            _ = try TinyImageNetFolder.classes(in: folder.url)
            return Findings()
          }
        ]
      return listed
        + classes.map { name in
          folder.check("train/\(name)") { _ in
            let files = try ClassFolders.images(ofClass: name, in: train)
            return findings(
              of: images([ClassFolders.Class(name: name, files: files)], in: train),
              classes: [name], perClass: 500)
          }
        }
        + others.map { name in
          folder.check("train/\(name)") { _ in
            Findings(problems: ["no class of the data set"])
          }
        }
        + [
          folder.check("val") { _ in
            let found = try TinyImageNetFolder(in: data)
            return findings(of: try found.images(.test), classes: found.classes, perClass: 50)
          }
        ]
    }
  }

  /// Tiny-ImageNet-C below the folder `data`: a folder for each corruption, severity and class.
  ///
  /// The extra corruptions come in an archive of their own, so that they may be absent.
  static func corruptedFolders(in data: URL) -> VerifiedForm {
    VerifiedForm(places: TinyImageNetCBenchmark.homes, marks: [["."]]) { folder in
      let classes =
        (try? TinyImageNetFolder(in: data).classes) ?? TinyImageNetClasses.published
      let names = CorruptedFiles.benchmark + CorruptedFiles.extra.filter(folder.has)
      let cells = names.sorted().flatMap { name in
        (1...CIFARCBenchmark.severityCount).map { "\(name)/\($0)" }
      }
      return cells.map { cell in
        folder.check(cell) { url in
          let listing = try ClassFolders.list(classes, in: url)
          var found = findings(of: images(listing.classes, in: url), classes: classes, perClass: 50)
          if !listing.otherFolders.isEmpty {
            found.note = "left out: \(listing.otherFolders.joined(separator: ", "))"
          }
          return found
        }
      }
    }
  }

  private static func images(_ classes: [ClassFolders.Class], in root: URL) -> ImageFolder {
    ImageFolder(name: kind.rawValue, imageSide: kind.imageSide, root: root, classes: classes)
  }

  /// Counts the images of each class, and decodes them up to the first that cannot be.
  private static func findings(
    of images: ImageFolder, classes: [String], perClass: Int
  ) -> Findings {
    var counts = [Int](repeating: 0, count: classes.count)
    for label in images.labels { counts[label] += 1 }
    var findings = Findings(
      imageCount: images.count,
      problems: ClassCounts.problems(counts, expected: perClass) { classes[$0] })
    do {
      for index in 0..<images.count { _ = try images.image(at: index) }
    } catch {
      findings.problems.append("\(error)")
    }
    return findings
  }

  /// The names of the folders in `folder`; none where it cannot be read.
  private static func folders(in folder: URL) -> [String] {
    ((try? FolderListing.entries(of: folder)) ?? []).filter(\.isFolder).map(\.name)
  }
}
