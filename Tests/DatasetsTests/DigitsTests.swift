import Datasets
import Foundation
import Images
import Loading
import TestSupport
import Testing

struct DigitsTests {
  struct Reference: Decodable {
    let labels: [Int]
    let sums: [Int]
    let weightedSums: [Int]
    let first: [UInt8]
    let last: [UInt8]
  }

  @Test func `digits are enlarged as Pillow does it`() throws {
    let reference: Reference = try fixtureValue("digits.json")
    let parts = [Digits.read(.train), Digits.read(.test)]
    #expect(parts.map(\.count) == [1437, 360])
    #expect(parts.flatMap(\.labels) == reference.labels)
    let gray = parts.flatMap(\.images).map { image in
      stride(from: 0, to: image.pixels.count, by: 3).map { image.pixels[$0] }
    }
    #expect(gray.map { $0.reduce(0) { $0 + Int($1) } } == reference.sums)
    let weighted = gray.map { $0.enumerated().reduce(0) { $0 + $1.offset * Int($1.element) } }
    #expect(weighted == reference.weightedSums)
    #expect(gray.first == reference.first)
    #expect(gray.last == reference.last)
  }

  @Test func `the three planes are equal`() {
    for image in Digits.read(.test).images {
      for pixel in stride(from: 0, to: image.pixels.count, by: 3) {
        #expect(Set(image.pixels[pixel..<pixel + 3]).count == 1)
      }
    }
  }

  @Test func `digits written are a data set with attribution`() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.url
    try Digits.write(to: folder)
    for split in DatasetSplit.allCases {
      let read = try DatasetKind.digits.read(split, in: folder)
      let expected = Digits.read(split)
      #expect(read.labels == expected.labels)
      #expect(try (0..<read.count).map { try read.image(at: $0) } == expected.images)
    }
    let readme = folder.appendingPathComponent("digits-data/README.md")
    let text = try String(contentsOf: readme, encoding: .utf8)
    #expect(text.contains("10.24432/C50P49") && text.contains("CC BY 4.0"))
  }

  @Test func `the normalization is by the mean and deviation of the training digits`() throws {
    let bytes = Digits.read(.train).images.flatMap(\.pixels).map { Double($0) / 255 }
    let mean = bytes.reduce(0, +) / Double(bytes.count)
    let squares = bytes.reduce(0) { $0 + $1 * $1 } / Double(bytes.count)
    // The constants have three decimals.
    #expect(abs(mean - 0.305) < 5e-4)
    #expect(abs((squares - mean * mean).squareRoot() - 0.323) < 5e-4)
  }
}
