import Foundation
import Images
import Loading
import Scoring
import Tensors

/// The form of the files of corrupted images.
package enum BenchmarkFiles: String, CaseIterable, Sendable {
  /// That of CIFAR-10-C: an array for each corruption, `<name>.npy`, and `labels.npy`.
  case npy
  /// That of Tiny-ImageNet-C, `<name>/<severity>/<class>/`, but with PNG files, which are lossless.
  case png
  /// That of Tiny-ImageNet-C: JPEG files of quality 85 with 4:2:0 color.
  case jpeg

  /// A writer of the images of `benchmark`, whose clean ones are `clean`, at the given severities.
  ///
  /// - Throws: `DatasetError` if files of this form cannot hold the images.
  package func writer(
    of benchmark: any CorruptionBenchmark, clean: any Dataset, severities: [Int], to folder: URL,
    workers: Workers
  ) throws -> any BenchmarkWriter {
    let source = BenchmarkSource(
      benchmark: benchmark, clean: clean, severities: severities, workers: workers)
    return switch self {
    case .npy: try ArrayBenchmarkWriter(source, folder: folder)
    case .png, .jpeg: try FolderBenchmarkWriter(source, isLossy: self == .jpeg, folder: folder)
    }
  }
}

/// Writes the images of a benchmark into files, in a form that can be read as a benchmark.
///
/// Files that are there already are not written again, and each file or folder appears as a whole.
package protocol BenchmarkWriter: Sendable {
  /// The cells to write, in the order of evaluation: those of the severities asked for.
  var cells: [Cell] { get }

  /// The number of a corruption's images that are not in files yet.
  func missingImageCount(of corruption: String) -> Int

  /// Writes the missing images of a corruption.
  ///
  /// - Parameters:
  ///   - corruption: One of `corruptions`.
  ///   - report: Called after every few images with their cell and the number of images that this
  ///     call has written so far.
  /// - Throws: `FileError`, or what reading the clean images or `report` throws.
  func write(
    _ corruption: String, report: (_ cell: Cell, _ imageCount: Int) throws -> Void
  ) throws
}

extension BenchmarkWriter {
  /// The names of the corruptions in results, in the order of evaluation.
  package var corruptions: [String] { cells.filter(isFirstOfCorruption).map(\.corruption) }

  /// The cells to write of one corruption.
  func cells(of corruption: String) -> [Cell] { cells.filter { $0.corruption == corruption } }

  private func isFirstOfCorruption(_ cell: Cell) -> Bool {
    cells(of: cell.corruption).first == cell
  }
}

/// The images that a writer writes.
struct BenchmarkSource: Sendable {
  let benchmark: any CorruptionBenchmark
  let clean: any Dataset
  let severities: [Int]
  let workers: Workers

  /// The cells of the severities asked for.
  var cells: [Cell] { benchmark.cells.filter { severities.contains($0.severity) } }

  /// Makes the images of a cell on all threads, a chunk at a time.
  ///
  /// - Parameters:
  ///   - cell: The cell.
  ///   - transform: Called with each image, on any thread.
  ///   - receive: Called with the results of a chunk in order, and the number of images done.
  /// - Throws: what opening the cell, `transform` or `receive` throws.
  func forEachChunk<Result: Sendable>(
    of cell: Cell, _ transform: @Sendable (_ index: Int, Image) throws -> Result,
    receive: ([Result], _ done: Int) throws -> Void
  ) throws {
    let images = try benchmark.images(of: cell)
    for chunk in IndexChunks(total: clean.count, size: clean.chunkSize) {
      let results = try workers.map(chunk.count) { index in
        try transform(chunk.lowerBound + index, images.image(at: chunk.lowerBound + index))
      }
      try receive(results, chunk.upperBound)
    }
  }
}
