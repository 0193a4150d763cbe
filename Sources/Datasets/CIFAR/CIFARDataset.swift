import Formats
import Foundation
import Images

/// CIFAR's binary files, held as they are.
package struct CIFARDataset: Dataset {
  package let name: String
  package let classCount: Int
  package let labels: [Int]
  package var imageSide: Int { CIFARLayout.imageSide }

  private let layout: CIFARLayout
  private let files: [(firstIndex: Int, bytes: [UInt8])]

  /// The largest file that is read, in bytes; CIFAR-100's is 154 million.
  package static let maximumFileSize = 1 << 30

  /// Reads the files of one part below the folder `data`.
  ///
  /// - Throws: `DatasetError` or `FileError` naming the file.
  package init(_ layout: CIFARLayout, _ split: DatasetSplit, in data: URL) throws {
    var labels: [Int] = []
    var files: [(firstIndex: Int, bytes: [UInt8])] = []
    for url in try layout.urls(of: split, in: data) {
      let bytes = try FileContents.read(url, limit: Self.maximumFileSize)
      files.append((labels.count, bytes))
      labels += try Self.labels(of: bytes, layout, url)
    }
    self.layout = layout
    self.files = files
    self.labels = labels
    name = layout.name
    classCount = layout.classCount
  }

  private static func labels(
    of bytes: [UInt8], _ layout: CIFARLayout, _ url: URL
  ) throws -> [Int] {
    guard !bytes.isEmpty else {
      throw DatasetError.noRecords(url, recordSize: layout.recordSize)
    }
    let rest = bytes.count % layout.recordSize
    guard rest == 0 else {
      throw DatasetError.partialRecord(
        url, offset: bytes.count - rest, expected: layout.recordSize, found: rest)
    }
    return try stride(from: layout.labelSize - 1, to: bytes.count, by: layout.recordSize).map {
      let label = Int(bytes[$0])
      guard label < layout.classCount else {
        throw DatasetError.labelOutOfRange(
          url, offset: $0, classCount: layout.classCount, found: label)
      }
      return label
    }
  }

  package func image(at index: Int) -> Image {
    let file = files.last { $0.firstIndex <= index } ?? files[0]
    let start = (index - file.firstIndex) * layout.recordSize + layout.labelSize
    return Image(planes: file.bytes[start..<start + 3 * CIFARLayout.planeSize])
  }
}

extension Image {
  /// The image of CIFAR's three planes.
  fileprivate init(planes: ArraySlice<UInt8>) {
    let size = CIFARLayout.planeSize
    let pixels = [UInt8](unsafeUninitializedCapacity: planes.count) { pixels, count in
      planes.withUnsafeBufferPointer { planes in
        for pixel in 0..<size {
          for channel in 0..<3 { pixels[3 * pixel + channel] = planes[channel * size + pixel] }
        }
      }
      count = planes.count
    }
    self.init(height: CIFARLayout.imageSide, width: CIFARLayout.imageSide, pixels: pixels)
  }

  /// The image as CIFAR's three planes.
  var planes: [UInt8] {
    (0..<3).flatMap { channel in
      stride(from: channel, to: pixels.count, by: 3).map { pixels[$0] }
    }
  }
}
