import Formats
import Images
import Tensors

/// Writes the image as a baseline JPEG file with 4:2:0 color and reads it again.
///
/// Entropy coding loses nothing and is left out.
struct JPEGCompression: Distortion {
  /// The library that is imitated: they differ in how color is reduced to half the size.
  enum Codec: String, CaseIterable {
    case ijg, turbo
  }

  let codec: Codec
  private let lumaTable: QuantizationTable
  private let chromaTable: QuantizationTable

  enum Keys: String, CodingKey, CaseIterable { case quality, codec }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    let quality: Int = try row.decode(.quality, in: 1...100)
    codec = try row.decodeCase(Codec.self, .codec)
    lumaTable = QuantizationTable(QuantizationTable.luma, quality: quality)
    chromaTable = QuantizationTable(QuantizationTable.chroma, quality: quality)
  }

  func obstacle(side: Int) -> String? {
    side % 16 == 0 ? nil : "a side that is a multiple of 16"
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    let (luma, blue, red) = image.planes()
    return Image(
      luma: luma.coded(lumaTable), blue: codedChroma(blue), red: codedChroma(red))
  }

  private func codedChroma(_ plane: Plane) -> Plane {
    switch codec {
    case .ijg: plane.codedInLargeBlocks(chromaTable)
    case .turbo: plane.codedAtHalfSize(chromaTable)
    }
  }
}
