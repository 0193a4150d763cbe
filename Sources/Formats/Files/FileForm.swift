import Foundation

/// What a file really is, told by its first bytes, for messages about one that is not what its
/// reader expects.
public struct FileForm: Equatable, Sendable {
  /// The kinds that are told apart.
  public enum Kind: Sendable, CaseIterable {
    /// A folder where a file is expected.
    case folder
    /// A file without bytes.
    case empty
    /// What Git LFS or git-annex leaves in the place of a file that was not fetched.
    case pointer
    /// A page or an error of a web server that was saved as the file.
    case webPage
    /// The list of the files of a model whose weights are in several.
    case weightIndex
    /// A NumPy array, `.npy`.
    case numPyArray
    /// A zip archive: an `.npz` file, a PyTorch checkpoint, a spreadsheet, or any other.
    case zip
    /// A file that was compressed as a whole, such as by gzip.
    case compressed
    /// A tar archive.
    case tar
    /// A pickle.
    case pickle
    /// A safetensors file.
    case safeTensors
    /// A PNG file.
    case png
    /// A JPEG file.
    case jpeg
    /// Another form that is known by name only.
    case other
    /// Text of 16 or 32 bits a character.
    case wideText
    /// Any other text.
    case text
  }

  /// The kind.
  public let kind: Kind
  /// What it is in words, such as `a web page ("Sign in")`.
  public let name: String
  /// What to do about it, where that does not depend on the reader.
  public let advice: String?

  init(_ kind: Kind, _ name: String, advice: String? = nil) {
    self.kind = kind
    self.name = name
    self.advice = advice
  }

  /// The number of bytes that tell the form.
  public static let prefixByteCount = 4096

  /// Tells what the file or folder at `url` is; nil if it cannot be read or is not recognized.
  public init?(contentsOf url: URL) {
    do {
      let file = try RegularFile(url)
      let prefix = try [UInt8](unsafeUninitializedCapacity: Self.prefixByteCount) { buffer, count in
        count = try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
      }
      self.init(startingWith: prefix)
    } catch FileError.unreadable(_, EISDIR) {
      self.init(.folder, "a folder", advice: "name a file in it")
    } catch {
      return nil
    }
  }

  /// Tells what a file is by its first bytes, at best `prefixByteCount` of them; nil if it is not
  /// recognized.
  public init?(startingWith prefix: some Collection<UInt8>) {
    let bytes = Array(prefix.prefix(Self.prefixByteCount))
    guard !bytes.isEmpty else {
      self.init(.empty, "an empty file", advice: "fetch or write it again")
      return
    }
    let form = Self.wideText(bytes) ?? Self.marked(bytes) ?? Self.text(bytes) ?? Self.binary(bytes)
    guard let form else { return nil }
    self = form
  }
}

// MARK: Asking

extension FileForm {
  /// What a reader expects: its name in messages, and the kinds of files that can be one.
  public struct Expectation: Sendable {
    let name: String
    let kinds: Set<Kind>

    /// An expectation, such as of `a NumPy array (.npy)`.
    ///
    /// A file of one of `kinds` that cannot be read is damaged, not something else.
    public init(_ name: String, _ kinds: Set<Kind>) {
      self.name = name
      self.kinds = kinds
    }

    public static let numPyArray = Expectation("a NumPy array (.npy)", [.numPyArray])
    public static let numPyArchive = Expectation("NumPy arrays (.npz)", [.zip])
    public static let safeTensors = Expectation("a safetensors file", [.safeTensors])
    public static let image = Expectation("a PNG or JPEG image", [.png, .jpeg])
  }

  /// Runs `read`; where it fails and the file is recognizably something else than expected, an error
  /// that says so takes the place of its own.
  ///
  /// A file that can be read costs nothing.
  ///
  /// - Throws: `FileFormError`, or what `read` throws.
  public static func naming<Value>(
    _ url: URL, expecting expectation: Expectation, read: () throws -> Value
  ) throws -> Value {
    do {
      return try read()
    } catch {
      guard let error = FileFormError(url, expecting: expectation) else { throw error }
      throw error
    }
  }
}

/// A file that is recognizably something else than its reader expects.
public struct FileFormError: Error, Equatable, CustomStringConvertible {
  /// The file.
  public let file: String
  /// What the reader expects, in words.
  public let expected: String
  /// What the file is.
  public let found: FileForm

  /// Creates an error.
  public init(file: String, expected: String, found: FileForm) {
    self.file = file
    self.expected = expected
    self.found = found
  }

  /// The error about the file at `url`; nil if it can be what is expected, or is not recognized.
  public init?(_ url: URL, expecting expectation: FileForm.Expectation) {
    guard let found = FileForm(contentsOf: url), !expectation.kinds.contains(found.kind) else {
      return nil
    }
    self.init(file: url.path, expected: expectation.name, found: found)
  }

  public var description: String {
    let text = "\(file): expected \(expected), found \(found.name)"
    return (text + (found.advice.map { "; \($0)" } ?? "")).withoutControlCharacters
  }
}
