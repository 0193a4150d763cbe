import Checkpoints
import Formats
import TestSupport

/// A checkpoint of small weights with other objects beside or around them.
struct NeighborFile {
  /// What the generator says of the file.
  struct Row: Decodable {
    /// The kind of object beside the weights, where there is one.
    let kind: String?
    /// The seed of random objects.
    let seed: Int?
    let form: String
    /// The size in bytes.
    let size: Int
    /// Whether `torch.load` opens the file with `weights_only=True`.
    let weightsOnly: Bool

    enum CodingKeys: String, CodingKey {
      case kind, seed, form, size
      case weightsOnly = "weights_only"
    }
  }

  let row: Row
  let bytes: ArraySlice<UInt8>

  /// The network that the weights are of.
  static let network = [
    NetworkTensor("weight", shape: [2, 2]), NetworkTensor("bias", shape: [2]),
  ]

  /// The files of the fixtures `name.json` and `name.zip`, whose contents are limited in bytes.
  static func all(_ name: String, limit: Int) throws -> [NeighborFile] {
    let rows = try fixtureValue("\(name).json", as: [Row].self)
    let bytes = try ZipArchive(contentsOf: fixture("\(name).zip"))
      .bytes(of: "files", atMost: limit)
    var start = 0
    return rows.map { row in
      defer { start += row.size }
      return NeighborFile(row: row, bytes: bytes[start..<start + row.size])
    }
  }
}
