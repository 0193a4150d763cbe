import Formats
import Foundation
import Scoring

extension CIFAR {
  /// An array for each corruption, and one of labels.
  ///
  /// Of what `mixmo corrupt` made, the arrays that are there.
  func corruptedForms(in data: URL) -> [VerifiedForm] {
    let list = ArrayBenchmark.labelsName
    let names = ArrayBenchmark.fileNames.filter { $0 != list }.sorted()
    return [
      VerifiedForm(folders: corruptedFolders, marks: [[list], names]) { folder in
        let record = BenchmarkRecord.found(in: folder.url, of: name)
        let images = ArrayVerification(of: self, record)
        return (record == nil ? names : Self.stored(names, in: folder)).map {
          folder.check($0, md5: corruptedDigests[$0], inspect: images.imageFindings)
        } + [folder.check(list, md5: corruptedDigests[list], inspect: images.labelFindings)]
      } explanation: {
        ArrayBenchmark.misnaming(of: corruptedName, in: $0)
      }
    ]
  }

  /// The arrays of published corruptions, or of what stands in for them, that are in a folder.
  private static func stored(_ names: [String], in folder: VerifiedFolder) -> [String] {
    let published = Set(names)
    return ((try? FolderListing.names(in: folder.url)) ?? []).filter {
      published.contains(Cell.publishedName(of: $0))
    }
  }
}

/// Checks of the arrays of CIFAR-10-C or CIFAR-100-C.
private struct ArrayVerification: Sendable {
  private let data: CIFAR
  /// How the images were made, where it was by this program.
  private let record: BenchmarkRecord?
  /// The number of images that a severity has, as published or as recorded.
  private let imageCount: Int
  private let severityCount = ArrayBenchmark.severityCount

  init(of data: CIFAR, _ record: BenchmarkRecord?) {
    self.data = data
    self.record = record
    imageCount = record?.images ?? data.imageCounts[.test] ?? 0
  }

  /// The rows of an array: those of each severity, or those of a part of the images.
  func imageFindings(in url: URL) throws -> Findings {
    let array = try NumPyArray(contentsOf: url)
    let (side, shape) = (data.imageSide, array.shape)
    let expected = [severityCount * imageCount, side, side, 3]
    let text = "expected uint8 \(expected), found \(array.elementType) \(shape)"
    guard array.elementType == .uint8, shape.dropFirst() == expected.dropFirst(),
      isWhole(array.rowCount)
    else { return Findings(problems: [text]) }
    return findings(ofRows: array.rowCount, text)
  }

  func labelFindings(in url: URL) throws -> Findings {
    let array = try NumPyArray(contentsOf: url)
    let text = "expected \([severityCount * imageCount]) labels, found \(array.shape)"
    guard array.shape.count == 1, isWhole(array.rowCount) else { return Findings(problems: [text]) }
    var findings = findings(ofRows: array.rowCount, text)
    findings.imageCount = nil
    try check(array.wholeNumbers(), &findings)
    return findings
  }

  /// Whether so many rows are as many of each severity.
  private func isWhole(_ rowCount: Int) -> Bool {
    rowCount > 0 && rowCount % severityCount == 0
      && (record == nil || rowCount == severityCount * imageCount)
  }

  private func findings(ofRows count: Int, _ text: String) -> Findings {
    let isSame = count == severityCount * imageCount
    let made = record.map { "made by mixmo corrupt with the seed \($0.seed)" }
    return Findings(imageCount: count, differences: [made, isSame ? nil : text].compactMap(\.self))
  }

  /// Notes labels that are no classes, or not the same for each severity.
  private func check(_ labels: [Int], _ findings: inout Findings) {
    let count = labels.count / severityCount
    let first = labels.prefix(count)
    guard first.allSatisfy((0..<data.classCount).contains) else {
      return findings.problems.append("expected labels from 0 to \(data.classCount - 1)")
    }
    for severity in 1..<severityCount {
      guard labels[severity * count..<(severity + 1) * count].elementsEqual(first) else {
        return findings.problems.append(
          "the labels of severity \(severity + 1) are not those of 1")
      }
    }
    guard count == data.imageCounts[.test] else { return }
    var counts = [Int](repeating: 0, count: data.classCount)
    for label in first { counts[label] += 1 }
    findings.compare(counts, expected: count / data.classCount)
  }
}
