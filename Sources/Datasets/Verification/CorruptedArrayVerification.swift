import Formats
import Foundation

extension VerifiedForm {
  /// CIFAR-10-C and CIFAR-100-C: an array for each corruption, and one of labels.
  static func corruptedArrays(of kind: DatasetKind, _ digests: [String: String]) -> VerifiedForm {
    let list = "labels.npy"
    let names = (CorruptedFiles.benchmark + CorruptedFiles.extra).sorted().map { "\($0).npy" }
    return VerifiedForm(places: CIFARCBenchmark.homes(of: kind), marks: [[list], names]) { folder in
      names.map { folder.check($0, md5: digests[$0], inspect: images) }
        + [
          folder.check(list, md5: digests[list]) {
            try labels(in: $0, classCount: kind.classCount)
          }
        ]
    }
  }

  private static let severityCount = CIFARCBenchmark.severityCount
  private static let imagesPerSeverity = 10_000

  private static func images(in url: URL) throws -> Findings {
    let array = try NumPyArray(contentsOf: url)
    let side = CIFARForm.imageSide
    let shape = [severityCount * imagesPerSeverity, side, side, 3]
    guard array.shape == shape, array.elementType == .uint8 else {
      return Findings(problems: [
        "expected uint8 \(shape), found \(array.elementType) \(array.shape)"
      ])
    }
    return Findings(imageCount: array.rowCount)
  }

  private static func labels(in url: URL, classCount: Int) throws -> Findings {
    let array = try NumPyArray(contentsOf: url)
    guard array.shape == [severityCount * imagesPerSeverity] else {
      return Findings(problems: [
        "expected \([severityCount * imagesPerSeverity]) labels, found \(array.shape)"
      ])
    }
    let labels = try array.wholeNumbers()
    let first = labels.prefix(imagesPerSeverity)
    guard let range = labels.min().flatMap({ low in labels.max().map { low...$0 } }),
      range.lowerBound >= 0, range.upperBound < classCount
    else { return Findings(problems: ["expected labels from 0 to \(classCount - 1)"]) }
    for severity in 1..<severityCount {
      let start = severity * imagesPerSeverity
      guard labels[start..<start + imagesPerSeverity].elementsEqual(first) else {
        return Findings(problems: ["the labels of severity \(severity + 1) are not those of 1"])
      }
    }
    var counts = [Int](repeating: 0, count: classCount)
    for label in first { counts[label] += 1 }
    return Findings(
      problems: ClassCounts.problems(counts, expected: imagesPerSeverity / classCount))
  }
}
