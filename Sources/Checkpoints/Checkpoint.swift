import Formats
import Foundation

/// A checkpoint: named tensors and plain values.
///
/// Reads the files of `torch.save`, both the zip format (PyTorch 1.6 and later) and the older one,
/// without ever executing what their pickles ask for, and safetensors files. Writes zip files that
/// `torch.load(…, weights_only=True)` opens, and safetensors files.
public struct Checkpoint: Equatable, Sendable {
  /// Everything that the file holds, usually one dictionary.
  public var root: CheckpointValue
  /// The texts about the tensors of a safetensors file; PyTorch's formats have no place for them.
  public var metadata: [String: String] = [:]
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

  /// Reads the file at `url`, whose format its first bytes tell.
  ///
  /// PyTorch's files are read into memory, and the checksums of the zip format are verified. The
  /// tensors of a safetensors file are views of the mapped file; neither that format nor PyTorch's
  /// older one has checksums.
  ///
  /// - Throws: `CheckpointError`, `ZipError`, `PickleError`, `SafeTensorsError` or `FileError`, each
  ///   naming the file and the member at fault.
  public init(contentsOf url: URL) throws {
    let mapping = try ByteStorage(mapping: url)
    let start = mapping.withBytes { Array($0.prefix(PyTorchLegacyFile.magic.count)) }
    file = url.path
    if start.starts(with: "PK\u{3}\u{4}".utf8) {
      root = try PyTorchArchive.read(url)
    } else if start == PyTorchLegacyFile.magic {
      root = try mapping.withBytes { try PyTorchLegacyFile.read($0, file: url.path) }
    } else if start.dropFirst(8).first == UInt8(ascii: "{") {
      let file = try SafeTensorsFile(mapping, file: url.path)
      root = file.checkpointRoot
      metadata = file.metadata
    } else {
      throw CheckpointError(
        file: url.path, place: nil,
        problem: .notACheckpoint(firstBytes: Array(start.prefix(8))))
    }
  }

  /// Replaces `url` with a file of the given format, written beside and renamed.
  ///
  /// The same values give the same bytes. In PyTorch's format tensors are written from where they
  /// are, a storage that several tensors share is written once, and `metadata` is left out. A
  /// safetensors file holds `metadata` and nothing but named tensors, each with elements of its own.
  ///
  /// - Throws: `CheckpointError` for a value that cannot be written in the format, `ZipError`,
  ///   `SafeTensorsError` or `FileError`.
  public func write(to url: URL, format: CheckpointFormat = .pyTorch) throws {
    switch format {
    case .pyTorch: try PyTorchArchive.write(root, to: url)
    case .safeTensors: try SafeTensorsFile.write(root, metadata: metadata, to: url)
    }
  }

  /// The network's weights.
  ///
  /// They are what stands under `classifier_state_dict`, `state_dict` or `model`, or the file itself
  /// if it is nothing but tensors. A prefix `module.` of all names is removed.
  ///
  /// - Throws: `CheckpointError.Problem.notATensor` for the first entry in their place that is none,
  ///   `noWeights` if there is no dictionary in their place, or `noDictionary`.
  public func weights() throws -> StateDictionary {
    guard let found = foundWeights else { throw withoutWeights }
    return StateDictionary(Self.withoutPrefix(found.entries), file: file)
  }

  /// The keys of what the file holds beside `weights()`, such as an optimizer's state.
  public var keysBesideWeights: [String] {
    let keys = (root.items ?? []).map(\.key)
    guard let found = foundWeights else { return keys.map(\.description) }
    return found.key == nil ? [] : keys.filter { $0 != found.key }.map(\.description)
  }

  /// The weights and the key that they stand under, nil for the file itself.
  private var foundWeights: (key: CheckpointKey?, entries: [StateDictionary.Entry])? {
    for key in Self.weightKeys {
      if let entries = root[key].flatMap(Self.tensors(in:)) { return (key, entries) }
    }
    return Self.tensors(in: root).map { (nil, $0) }
  }

  /// Why there are no weights.
  private var withoutWeights: CheckpointError {
    guard let items = root.items, !items.isEmpty else {
      return CheckpointError(file: file, place: nil, problem: .noDictionary(found: root.kind))
    }
    for key in Self.weightKeys {
      guard let other = root[key]?.items?.first(where: { Self.entry($0) == nil }) else { continue }
      return CheckpointError(
        file: file, path: [key.description, other.key.description], problem: .notATensor)
    }
    return CheckpointError(
      file: file, place: nil, problem: .noWeights(keys: items.map(\.key.description)))
  }

  /// The entries of a dictionary of nothing but named tensors.
  private static func tensors(in value: CheckpointValue) -> [StateDictionary.Entry]? {
    guard let items = value.items, !items.isEmpty else { return nil }
    let entries = items.compactMap(entry)
    return entries.count == items.count ? entries : nil
  }

  private static func entry(_ item: CheckpointItem) -> StateDictionary.Entry? {
    guard case .string(let name) = item.key, case .tensor(let tensor) = item.value else {
      return nil
    }
    return StateDictionary.Entry(name, tensor)
  }

  private static func withoutPrefix(_ entries: [StateDictionary.Entry]) -> [StateDictionary.Entry] {
    guard entries.allSatisfy({ $0.name.hasPrefix(parallelPrefix) }) else { return entries }
    return entries.map {
      StateDictionary.Entry(String($0.name.dropFirst(parallelPrefix.count)), $0.tensor)
    }
  }
}
