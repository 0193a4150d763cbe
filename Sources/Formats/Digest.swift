import CCrypto
import Foundation

/// A SHA-256 hash, which names the bytes that a result was made of.
public struct Digest: Sendable, Equatable, CustomStringConvertible {
  /// 64 hexadecimal digits.
  public let description: String

  /// The hash of `bytes`.
  public init(of bytes: some ContiguousBytes) {
    self.init { $0.update(bytes) }
  }

  /// The hash of what `body` adds, piece after piece.
  ///
  /// - Throws: what `body` throws.
  public init(adding body: (borrowing Hasher) throws -> Void) rethrows {
    let hasher = Hasher()
    try body(hasher)
    description = hasher.finish()
  }

  /// The hash of the contents of files, one after the other.
  ///
  /// - Throws: `FileError.unreadable`.
  public init(ofFiles urls: [URL]) throws {
    try self.init { hasher in
      for url in urls { try Self.add(contentsOf: url, to: hasher) }
    }
  }

  private static func add(contentsOf url: URL, to hasher: borrowing Hasher) throws {
    let file = open(url.path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw FileError.unreadable(url, errno) }
    defer { close(file) }
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = chunk.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw FileError.unreadable(url, errno) }
      if count == 0 { return }
      hasher.update(chunk[..<count])
    }
  }

  /// Takes in the bytes of a hash, piece after piece.
  public struct Hasher: ~Copyable {
    private let context = EVP_MD_CTX_new()

    fileprivate init() {
      EVP_DigestInit_ex(context, EVP_sha256(), nil)
    }

    deinit {
      EVP_MD_CTX_free(context)
    }

    public borrowing func update(_ bytes: some ContiguousBytes) {
      bytes.withUnsafeBytes { _ = EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    }

    fileprivate borrowing func finish() -> String {
      var digest = [UInt8](repeating: 0, count: 32)
      EVP_DigestFinal_ex(context, &digest, nil)
      return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
  }
}
