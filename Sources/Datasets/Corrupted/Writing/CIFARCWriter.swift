import Formats
import Foundation

/// Writes corrupted images as CIFAR-10-C has them; `CIFARCBenchmark` reads them.
struct CIFARCWriter: BenchmarkWriter {
  private let source: BenchmarkSource
  private let folder: URL

  /// - Throws: `DatasetError` unless all corruptions have five severities, and labels fit a byte.
  init(_ source: BenchmarkSource, folder: URL) throws {
    self.source = source
    self.folder = folder
    for series in source.series where series.severities.count != CIFARCBenchmark.severityCount {
      throw DatasetError.severitiesOfArray(corruption: series.name, found: series.severities)
    }
    let clean = source.clean
    guard clean.classCount <= 256 else {
      throw DatasetError.tooManyClasses(dataset: clean.name, expected: 256, found: clean.classCount)
    }
  }

  var series: [CorruptionSeries] { source.series }

  func missingImageCount(of series: CorruptionSeries) -> Int {
    isThere(series.name) ? 0 : series.severities.count * source.clean.count
  }

  func write(
    _ series: CorruptionSeries, report: (_ severity: Int, _ imageCount: Int) throws -> Void
  ) throws {
    guard !isThere(series.name) else { return }
    try FolderCreation.create(folder)
    try writeLabels()
    let clean = source.clean
    let shape = [series.severities.count * clean.count, clean.imageSide, clean.imageSide, 3]
    try NumPyArray.write(UInt8.self, shape: shape, to: url(series.name)) { rows in
      for (index, severity) in series.severities.enumerated() {
        try source.forEachChunk(of: series.name, severity: severity) { _, image in
          image.pixels
        } receive: { images, done in
          for pixels in images { try rows.append(pixels) }
          try report(severity, index * clean.count + done)
        }
      }
    }
  }

  private func writeLabels() throws {
    guard !isThere("labels") else { return }
    let once = source.clean.labels.map(UInt8.init)
    let labels = (0..<CIFARCBenchmark.severityCount).flatMap { _ in once }
    try NumPyArray.write(labels, shape: [labels.count], to: url("labels"))
  }

  private func url(_ name: String) -> URL { folder.appendingPathComponent("\(name).npy") }

  private func isThere(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: url(name).path)
  }
}
