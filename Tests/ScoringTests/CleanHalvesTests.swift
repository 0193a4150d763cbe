import CCrypto
import Scoring
import Testing

struct CleanHalvesTests {
  private static func order(_ rowCount: Int) throws -> [Int] {
    Array(try CleanHalves(rowCount: rowCount).rows.joined())
  }

  @Test func `ten rows are shuffled as NumPy does`() throws {
    let halves = try CleanHalves(rowCount: 10)
    #expect(halves.rows == [[4, 1, 3, 8, 5], [9, 6, 0, 7, 2]])
  }

  @Test func `ten thousand rows are shuffled as NumPy does`() throws {
    let order = try Self.order(10_000)
    #expect(order.prefix(10) == [757, 1003, 8089, 2967, 5011, 495, 9314, 6108, 769, 8731])
    #expect(
      Self.sha256(order) == "ed7c15a1f0d227790018a8de772dedff2c8a47c4a87bdbf0d73dce648cf6bbd4")
  }

  @Test(arguments: [2, 3, 11])
  func `an odd row goes to the second half`(rowCount: Int) throws {
    let halves = try CleanHalves(rowCount: rowCount)
    #expect(halves.rows[0].count == rowCount / 2)
    #expect(try Self.order(rowCount).sorted() == Array(0..<rowCount))
  }

  @Test func `another seed gives another order`() throws {
    #expect(try CleanHalves(rowCount: 100, seed: 32) != CleanHalves(rowCount: 100))
  }

  @Test func `fewer than two rows have no halves`() {
    #expect(throws: ScoringError.tooFewRowsToHalve(1)) { try CleanHalves(rowCount: 1) }
    #expect(throws: ScoringError.tooFewRowsToHalve(-5)) { try CleanHalves(rowCount: -5) }
  }

  @Test func `halves chosen elsewhere must share out every row once`() throws {
    #expect(try CleanHalves(first: [2, 0], second: [1]).rows == [[2, 0], [1]])
    #expect(throws: ScoringError.tooFewRowsToHalve(2)) {
      try CleanHalves(first: [0, 1], second: [])
    }
    #expect(throws: ScoringError.noSuchRow(3, rows: 3)) {
      try CleanHalves(first: [0, 3], second: [1])
    }
    #expect(throws: ScoringError.notHalves(row: 0, times: 2, rows: 3)) {
      try CleanHalves(first: [0, 1], second: [0])
    }
  }

  /// The SHA-256 of the numbers as little-endian 64-bit integers, in hexadecimal.
  private static func sha256(_ numbers: [Int]) -> String {
    let bytes = numbers.flatMap { withUnsafeBytes(of: Int64($0).littleEndian, Array.init) }
    var digest = [UInt8](repeating: 0, count: 32)
    EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
    return digest.map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }
}
