import Formats
import Foundation
import Images

/// Writes corrupted images as Tiny-ImageNet-C has them; `TinyImageNetCBenchmark` reads them.
struct TinyImageNetCWriter: BenchmarkWriter {
  private let source: BenchmarkSource
  private let isLossy: Bool
  private let folder: URL

  /// That of the published files.
  private static let jpegQuality = 85

  /// A writer of JPEG files, or of PNG files which lose nothing.
  ///
  /// - Throws: `DatasetError.sameImageName` unless the images of a class have names of their own.
  init(_ source: BenchmarkSource, isLossy: Bool, folder: URL) throws {
    self.source = source
    self.isLossy = isLossy
    self.folder = folder
    let clean = source.clean
    var names = clean.classNames.map { _ in Set<String>() }
    for (index, label) in clean.labels.enumerated() {
      let name = clean.imageName(at: index)
      guard names[label].insert(name).inserted else {
        throw DatasetError.sameImageName(
          dataset: clean.name, class: clean.classNames[label], name: name)
      }
    }
  }

  var series: [CorruptionSeries] { source.series }

  func missingImageCount(of series: CorruptionSeries) -> Int {
    missingSeverities(of: series).count * source.clean.count
  }

  func write(
    _ series: CorruptionSeries, report: (_ severity: Int, _ imageCount: Int) throws -> Void
  ) throws {
    for (index, severity) in missingSeverities(of: series).enumerated() {
      try AtomicFile.makeFolder(url(series.name, severity)) { beside in
        try fill(beside, series.name, severity) { done in
          try report(severity, index * source.clean.count + done)
        }
      }
    }
  }

  private func fill(
    _ folder: URL, _ corruption: String, _ severity: Int, report: (_ done: Int) throws -> Void
  ) throws {
    let clean = source.clean
    let labels = clean.labels
    let classes = clean.classNames.map { folder.appendingPathComponent($0) }
    for url in classes { try FolderCreation.create(url) }
    try source.forEachChunk(of: corruption, severity: severity) { index, image in
      let name = clean.imageName(at: index) + (isLossy ? ".JPEG" : ".png")
      let url = classes[labels[index]].appendingPathComponent(name)
      let bytes =
        isLossy
        ? try image.jpeg(quality: Self.jpegQuality, file: url.path) : try image.png(file: url.path)
      try AtomicFile.writeNew(bytes, to: url)
    } receive: { _, done in
      try report(done)
    }
  }

  private func url(_ corruption: String, _ severity: Int) -> URL {
    folder.appendingPathComponent(corruption).appendingPathComponent("\(severity)")
  }

  private func missingSeverities(of series: CorruptionSeries) -> [Int] {
    series.severities.filter {
      !FileManager.default.fileExists(atPath: url(series.name, $0).path)
    }
  }
}
