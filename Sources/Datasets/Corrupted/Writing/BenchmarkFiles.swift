import Foundation
import Tensors

/// How corrupted images are kept in files.
package enum BenchmarkFiles: String, CaseIterable, Sendable {
  /// As CIFAR-10-C: an array for each corruption, `<name>.npy`, and `labels.npy`.
  case npy
  /// As Tiny-ImageNet-C, `<name>/<severity>/<class>/`, in PNG files, which lose nothing.
  case png
  /// As Tiny-ImageNet-C, in JPEG files of quality 85 with 4:2:0 color, as the published ones are.
  case jpeg

  /// The form in which a data set's corrupted images are published, where that loses nothing.
  package static func standard(for kind: DatasetKind) -> BenchmarkFiles {
    kind == .tinyimagenet200 ? .png : .npy
  }

  /// What writes the images of `benchmark`, whose clean ones are `clean`, at the given severities.
  ///
  /// - Throws: `DatasetError` where files of this form cannot hold the images.
  package func writer(
    of benchmark: any CorruptionBenchmark, clean: any Dataset, severities: [Int], to folder: URL,
    workers: Workers
  ) throws -> any BenchmarkWriter {
    let source = BenchmarkSource(
      benchmark: benchmark, clean: clean, severities: severities, workers: workers)
    return switch self {
    case .npy: try CIFARCWriter(source, folder: folder)
    case .png, .jpeg: try TinyImageNetCWriter(source, isLossy: self == .jpeg, folder: folder)
    }
  }
}
