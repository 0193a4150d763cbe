import Formats
import Foundation
import Loading
import Tensors

/// Tiny-ImageNet-200: 200 classes of 64×64 images, a part of ImageNet; its validation images are
/// the test part.
struct TinyImageNet: DatasetDefinition {
  static let name = "tinyimagenet200"
  static let imageSide = 64

  var name: String { Self.name }
  var classCount: Int { TinyImageNetClasses.published.count }
  var imageSide: Int { Self.imageSide }
  var flips: Bool { true }
  var corruptedFiles: BenchmarkFiles { .png }

  var normalization: Normalization {
    Normalization(mean: [0.5, 0.5, 0.5], standardDeviation: [0.5, 0.5, 0.5])
  }

  /// The folders that the corrupted images may be in, relative to the data folder.
  static let corruptedFolders = ["Tiny-ImageNet-C", "tinyimagenet200-data/Tiny-ImageNet-C"]

  func read(
    _ split: DatasetSplit, in data: URL, cache: URL?, workers: Workers,
    advanced: (_ done: Int, _ total: Int) throws -> Void
  ) throws -> any Dataset {
    let images = try TinyImageNetFolder(in: data).images(split)
    guard let cache else { return images }
    return try PackedImages(
      images, in: cache, prefix: "\(name)-\(split.rawValue)", workers: workers,
      advanced: advanced)
  }

  func benchmark(
    of clean: any Dataset, in data: URL, names: [String], isPartial: Bool
  ) throws -> any CorruptionBenchmark {
    try FolderBenchmark(
      of: clean, matching: .classes(TinyImageNetFolder(in: data).classes), name: "Tiny-ImageNet-C",
      in: Self.corruptedFolders.map(data.subfolder), names: names, isPartial: isPartial)
  }

  func otherCorruptions(in data: URL) -> [String] {
    Self.corruptedFolders.map(data.subfolder).flatMap(FolderBenchmark.otherNames)
  }

  var archives: [PublishedArchive] {
    [
      PublishedArchive(
        name: name, fileName: "tiny-imagenet-200.zip",
        addresses: [
          "http://cs231n.stanford.edu/tiny-imagenet-200.zip",
          PublishedArchive.zenodo(10_720_917, "tiny-imagenet-200.zip"),
        ],
        md5: "90528d7ca1a48142e341f4ef8d21d0de", byteCount: 248_100_043,
        // 120,000 files in blocks of 4096 bytes.
        unpackedByteCount: 500_000_000, topFolders: ["tiny-imagenet-200"],
        destination: "tinyimagenet200-data",
        parts: ["train", "val/images", "val/val_annotations.txt", "wnids.txt", "words.txt"].map {
          .init($0)
        })
    ]
  }

  var corruptedArchives: [PublishedArchive] {
    [
      .zenodo(
        "tinyimagenet200-c", file: "Tiny-ImageNet-C.tar", record: 8_206_060,
        md5: "f9c9a9dbdc11469f0b850190f7ad8be1", topFolders: ["Tiny-ImageNet-C"],
        destination: "Tiny-ImageNet-C", parts: CorruptionNames.benchmark, sharesDestination: true),
      .zenodo(
        "tinyimagenet200-c-extra", file: "Tiny-ImageNet-C-extra.tar", record: 8_206_060,
        md5: "0db0588d243cf403ef93449ec52b70eb",
        // The name of its top folder is not published: these are the likely ones.
        topFolders: ["Tiny-ImageNet-C-extra", "Tiny-ImageNet-C", "extra"] + CorruptionNames.extra,
        destination: "Tiny-ImageNet-C", parts: CorruptionNames.extra, sharesDestination: true),
    ]
  }
}

/// The folder of Tiny-ImageNet-200 and its classes.
///
/// The published layout can be read (`train/<wnid>/images/`, and `val/images/` with
/// `val_annotations.txt`), and those in which the validation images have a folder for each class as
/// well: `val/images/<wnid>/`, as MixMo expects it, or `val/<wnid>/`, with or without a folder
/// `images` in it.
struct TinyImageNetFolder {
  let root: URL
  /// The classes' WordNet identifiers in sorted order.
  let classes: [String]

  /// The folders that it may be in, relative to the data folder: the first that has a part counts.
  static let candidates = [
    "tinyimagenet200-data", "tinyimagenet200-data/tiny-imagenet-200", "tiny-imagenet-200", "",
  ]
  static let parts = ["train", "val"]

  /// Finds the data set below the folder `data`.
  ///
  /// - Throws: `DatasetError.notFound` with the folders tried, or `.misnamed`, or what is wrong with `wnids.txt`.
  init(in data: URL) throws {
    let folders = Self.candidates.map(data.subfolder)
    let found = folders.first { folder in
      Self.parts.contains { part in
        FileManager.default.fileExists(atPath: folder.appendingPathComponent(part).path)
      }
    }
    guard let found else {
      throw DatasetError.absence(of: TinyImageNet.name, in: folders)
    }
    root = found
    classes = try TinyImageNetClasses.listed(in: found)
  }

  /// The images of one part, class after class and by name within a class.
  ///
  /// - Throws: `DatasetError` naming the folder and what is missing, or `FileError`.
  func images(_ split: DatasetSplit) throws -> ImageFolder {
    if split == .train { return try imageFolder(root.appendingPathComponent("train")) }
    let validation = root.appendingPathComponent("val")
    let images = validation.appendingPathComponent("images")
    let annotations = validation.appendingPathComponent("val_annotations.txt")
    for folder in [images, validation] where FileManager.default.fileExists(atPath: folder.path) {
      let names = try FolderListing.names(in: folder)
      guard names.contains(where: Set(classes).contains) else { continue }
      if let loose = names.first(where: ClassFolders.isImage) {
        throw DatasetError.mixedLayout(folder, file: loose)
      }
      return try imageFolder(folder)
    }
    let annotated = try ValidationAnnotations(contentsOf: annotations, classes: classes)
    return ImageFolder(
      name: TinyImageNet.name, imageSide: TinyImageNet.imageSide, root: images,
      classes: try annotated.imagesByClass(in: images))
  }

  private func imageFolder(_ folder: URL) throws -> ImageFolder {
    let listing = try ClassFolders.list(classes, in: folder)
    let unknown = listing.otherFolders.filter { $0 != "images" }
    guard unknown.isEmpty else { throw DatasetError.unknownClasses(folder, unknown) }
    return ImageFolder(
      name: TinyImageNet.name, imageSide: TinyImageNet.imageSide, root: folder,
      classes: listing.classes)
  }
}
