import Formats
import Foundation

/// A checkpoint: named tensors and plain values.
///
/// Reads safetensors files and the files of `torch.save`, both the zip format of PyTorch 1.6 and later
/// and the older one, without executing code from their pickles. Writes safetensors files, and zip
/// files that `torch.load(…, weights_only=True)` opens.
public struct Checkpoint: Equatable, Sendable {
  /// The content of the file, usually a dictionary.
  public var root: CheckpointValue
  /// The metadata of a safetensors file; PyTorch's formats have none.
  public var metadata: [String: String] = [:]
  /// The file's name in errors.
  public let file: String

  /// Creates a checkpoint.
  public init(_ root: CheckpointValue, file: String = "checkpoint") {
    self.root = root
    self.file = file
  }

  /// Reads the file at `url`, whose format is recognized by its first bytes.
  ///
  /// PyTorch's files are read into memory, and the checksums of the zip format are verified. The
  /// tensors of a safetensors file are views of the mapped file. Neither safetensors nor PyTorch's
  /// older format has checksums.
  ///
  /// - Throws: `CheckpointError`, `ZipError`, `PickleError`, `SafeTensorsError` or `FileError`, with the
  ///   file and the member at fault, or `FileFormError` for what is recognizably something else.
  public init(contentsOf url: URL) throws {
    // A folder is an error of the system's, which is not taken for a damaged checkpoint.
    let expected = FileForm.Expectation("a checkpoint", [.zip, .pickle, .safeTensors, .folder])
    self = try FileForm.naming(url, expecting: expected) { try Checkpoint(reading: url) }
  }

  private init(reading url: URL) throws {
    let mapping = try ByteStorage(mapping: url)
    let start = mapping.withBytes { Array($0.prefix(PyTorchLegacyFile.longestHead)) }
    file = url.path
    if start.starts(with: "PK\u{3}\u{4}".utf8) {
      root = try PyTorchArchive.read(url)
    } else if let head = PyTorchLegacyFile.headLength(in: start) {
      root = try mapping.withBytes {
        try PyTorchLegacyFile.read($0, after: head, file: url.path)
      }
    } else if start.dropFirst(8).first == UInt8(ascii: "{") {
      let file = try SafeTensorsFile(mapping, file: url.path)
      root = file.checkpointRoot
      metadata = file.metadata
    } else {
      throw CheckpointError(
        file: url.path, location: nil,
        problem: .notACheckpoint(firstBytes: Array(start.prefix(8))))
    }
  }

  /// Replaces `url` atomically with a file of the given format.
  ///
  /// Equal values give equal bytes. In PyTorch's format a storage that several tensors share is written
  /// once, and `metadata` is omitted. A safetensors file contains `metadata` and only named tensors,
  /// each with its own elements.
  ///
  /// - Throws: `CheckpointError` for a value that the format cannot represent, `ZipError`,
  ///   `SafeTensorsError` or `FileError`.
  public func write(to url: URL, format: CheckpointFormat = .pyTorch) throws {
    switch format {
    case .pyTorch: try PyTorchArchive.write(root, to: url)
    case .safeTensors: try SafeTensorsFile.write(root, metadata: metadata, to: url)
    }
  }
}

/// A file format that checkpoints are written in.
public enum CheckpointFormat: String, Sendable, CaseIterable {
  /// The zip format of `torch.save`: any values; also the format of this package's checkpoints.
  case pyTorch = "pytorch"
  /// Safetensors: named tensors only.
  case safeTensors = "safetensors"

  /// The format of a file extension: `ckpt`, `pt` and `pth` for PyTorch, or `safetensors`.
  public init?(fileExtension: String) {
    switch fileExtension.lowercased() {
    case "ckpt", "pt", "pth": self = .pyTorch
    case "safetensors": self = .safeTensors
    default: return nil
    }
  }
}

// MARK: Safetensors

extension SafeTensorsFile {
  /// The tensors as an ordered dictionary, then those of types that are not read.
  fileprivate var checkpointRoot: CheckpointValue {
    let read = tensors.map { tensor in
      CheckpointItem(
        .string(tensor.name),
        .tensor(
          CheckpointTensor(tensor.elementType, shape: tensor.shape, storage: tensor.storage)))
    }
    let opaque = others.map { other in
      CheckpointItem(.string(other.name), .opaque("\(other.typeName.oneLine) tensor"))
    }
    return .orderedDictionary(read + opaque)
  }

  /// Replaces `url` with the tensors of `root`, which must be a dictionary of nothing else.
  fileprivate static func write(
    _ root: CheckpointValue, metadata: [String: String], to url: URL
  ) throws {
    guard let items = root.items else {
      throw CheckpointError(file: url.path, location: nil, problem: .notATensor)
    }
    let entries = try items.map { item in
      guard let entry = item.namedTensor else {
        throw CheckpointError(file: url.path, path: [item.key.description], problem: .notATensor)
      }
      return entry
    }
    guard entries.map(\.tensor).areCopyable else {
      throw CheckpointError(file: url.path, location: nil, problem: .tooManyRepeats)
    }
    let tensors = entries.map { entry in
      SafeTensor(
        entry.name, entry.tensor.elementType, shape: entry.tensor.shape,
        storage: entry.tensor.rowMajorBytes())
    }
    try write(tensors, metadata: metadata, to: url)
  }
}
