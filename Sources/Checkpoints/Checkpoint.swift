import Formats
import Foundation

/// A PyTorch checkpoint: named tensors and plain values.
///
/// Reads the files of `torch.save`, both the zip format (PyTorch 1.6 and later) and the older one,
/// without ever executing what their pickles ask for. Writes zip files that
/// `torch.load(…, weights_only=True)` opens.
public struct Checkpoint: Equatable, Sendable {
  /// Everything that the file holds, usually one dictionary.
  public var root: CheckpointValue
  /// The name that errors carry.
  public let file: String

  /// The keys under which PyTorch users keep a network's weights, MixMo's first.
  private static let weightKeys: [CheckpointKey] = [
    "classifier_state_dict", "state_dict", "model",
  ]
  /// What PyTorch's `DataParallel` puts before every name.
  private static let parallelPrefix = "module."

  /// A new checkpoint that holds `root`.
  public init(_ root: CheckpointValue, file: String = "checkpoint") {
    self.root = root
    self.file = file
  }

  /// Reads the whole file at `url` into memory, with every checksum verified.
  ///
  /// - Throws: `CheckpointError`, `ZipError`, `PickleError` or `FileError`, each naming the file and
  ///   the member at fault.
  public init(contentsOf url: URL) throws {
    let mapping = try ByteStorage(mapping: url)
    let start = mapping.withBytes { Array($0.prefix(PyTorchLegacyFile.magic.count)) }
    file = url.path
    if start.starts(with: "PK\u{3}\u{4}".utf8) {
      root = try PyTorchArchive.read(url)
    } else if start == PyTorchLegacyFile.magic {
      root = try mapping.withBytes { try PyTorchLegacyFile.read($0, file: url.path) }
    } else {
      throw CheckpointError(
        file: url.path, place: nil,
        problem: .notACheckpoint(firstBytes: Array(start.prefix(8))))
    }
  }

  /// Replaces `url` with a file for PyTorch, written beside and renamed.
  ///
  /// The same values give the same bytes. Tensors are written from where they are, and a storage
  /// that several tensors share is written once.
  ///
  /// - Throws: `CheckpointError` for a value that cannot be written, `ZipError` or `FileError`.
  public func write(to url: URL) throws {
    try PyTorchArchive.write(root, to: url)
  }

  /// The network's weights.
  ///
  /// They are what stands under `classifier_state_dict`, `state_dict` or `model`, or the file itself
  /// if it is nothing but tensors. A prefix `module.` of all names is removed.
  ///
  /// - Throws: `CheckpointError.Problem.noWeights`.
  public func weights() throws -> StateDictionary {
    let candidates = Self.weightKeys.compactMap { root[$0] } + [root]
    for candidate in candidates {
      if let entries = Self.tensors(in: candidate) {
        return StateDictionary(Self.withoutPrefix(entries), file: file)
      }
    }
    let keys = (root.items ?? []).map(\.key.description)
    throw CheckpointError(file: file, place: nil, problem: .noWeights(keys: keys))
  }

  /// The entries of a dictionary of nothing but named tensors.
  private static func tensors(in value: CheckpointValue) -> [StateDictionary.Entry]? {
    guard let items = value.items, !items.isEmpty else { return nil }
    let entries = items.compactMap { item -> StateDictionary.Entry? in
      guard case .string(let name) = item.key, case .tensor(let tensor) = item.value else {
        return nil
      }
      return StateDictionary.Entry(name, tensor)
    }
    return entries.count == items.count ? entries : nil
  }

  private static func withoutPrefix(_ entries: [StateDictionary.Entry]) -> [StateDictionary.Entry] {
    guard entries.allSatisfy({ $0.name.hasPrefix(parallelPrefix) }) else { return entries }
    return entries.map {
      StateDictionary.Entry(String($0.name.dropFirst(parallelPrefix.count)), $0.tensor)
    }
  }
}
