import CCrypto
import Foundation

/// A hash of bytes, which identifies the data that a result was computed from.
public struct Digest: Sendable, Equatable, CustomStringConvertible {
  /// The hash in hexadecimal digits: 64 of SHA-256, 32 of MD5.
  public let description: String

  /// A hash function.
  public enum Algorithm: Sendable {
    /// FIPS 180-4.
    case sha256
    /// RFC 1321, which published archives are checked by. It detects damage, not forgery.
    case md5
  }

  /// The hash of `bytes`.
  public init(of bytes: some ContiguousBytes, algorithm: Algorithm = .sha256) {
    self.init(algorithm: algorithm) { $0.update(bytes) }
  }

  /// The hash of the pieces that `body` adds.
  ///
  /// - Throws: What `body` throws.
  public init(
    algorithm: Algorithm = .sha256, adding body: (borrowing Hasher) throws -> Void
  ) rethrows {
    let hasher = Hasher(algorithm)
    try body(hasher)
    description = hasher.finish()
  }

  /// The hash of the contents of files, in order.
  ///
  /// - Parameters:
  ///   - urls: The files.
  ///   - algorithm: The hash function.
  ///   - advanced: Called with the number of bytes of each piece that was read; throwing stops.
  /// - Throws: `FileError.unreadable`, or what `advanced` throws.
  public init(
    ofFiles urls: [URL], algorithm: Algorithm = .sha256,
    advanced: (Int) throws -> Void = { _ in }
  ) throws {
    try self.init(algorithm: algorithm) { hasher in
      for url in urls { try Self.add(contentsOf: url, to: hasher, advanced) }
    }
  }

  private static func add(
    contentsOf url: URL, to hasher: borrowing Hasher, _ advanced: (Int) throws -> Void
  ) throws {
    let file = try RegularFile(url)
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    var offset = 0
    while true {
      let count = try chunk.withUnsafeMutableBytes { try file.read(into: $0, at: offset) }
      if count == 0 { return }
      hasher.update(chunk[..<count])
      try advanced(count)
      offset += count
    }
  }

  /// Computes a hash of bytes that are added in pieces.
  public struct Hasher: ~Copyable {
    private let context = EVP_MD_CTX_new()

    fileprivate init(_ algorithm: Algorithm) {
      EVP_DigestInit_ex(context, algorithm == .md5 ? EVP_md5() : EVP_sha256(), nil)
    }

    deinit {
      EVP_MD_CTX_free(context)
    }

    /// Adds the next piece.
    public borrowing func update(_ bytes: some ContiguousBytes) {
      bytes.withUnsafeBytes { _ = EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    }

    fileprivate borrowing func finish() -> String {
      var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
      var count: UInt32 = 0
      EVP_DigestFinal_ex(context, &digest, &count)
      return digest.prefix(Int(count)).hexadecimal()
    }
  }
}

/// The SHA-256 of bytes while they are written: see `ByteStream.hashed(by:)`.
final class RunningDigest {
  private let hasher = Digest.Hasher(.sha256)

  /// Adds the next piece.
  func update(_ bytes: UnsafeRawBufferPointer) { hasher.update(bytes) }

  /// The hash of all pieces; called once, after the last.
  func finish() -> Digest { Digest(hexadecimal: hasher.finish()) }
}

extension Digest {
  fileprivate init(hexadecimal: String) { description = hexadecimal }
}
