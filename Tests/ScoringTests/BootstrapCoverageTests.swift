import Scoring
import Tensors
import TestSupport
import Testing

/// Whether intervals and p-values hold what they promise, by simulation.
struct BootstrapCoverageTests {
  private static let repetitions = 300
  // 300 trials at 0.95 scatter by √(300 · 0.95 · 0.05) = 3.8; three times that on either side.
  private static let promised = 273.6...296.4

  private static func normals(_ count: Int, _ repetition: Int, _ purpose: String) -> [Double] {
    var random = RandomStream(seed: 1, purpose: purpose, major: repetition)
    return (0..<count).map { _ in random.nextNormal() }
  }

  private static func mean(_ sample: [Double], seed: Int) throws -> BootstrapDistribution {
    let bootstrap = try Bootstrap(imageCount: sample.count, drawCount: 400, seed: UInt64(seed))
    return try #require(bootstrap.means(of: [sample])[0])
  }

  @Test func `a 95 % interval of a mean holds it in 95 of 100 samples`() throws {
    let hits = try (0..<Self.repetitions).count {
      let interval = try Self.mean(Self.normals(200, $0, "sample"), seed: $0).interval()
      return interval.low <= 0 && 0 <= interval.high
    }
    #expect(Self.promised.contains(Double(hits)))
  }

  @Test func `two runs that are as good differ by chance in 95 of 100 samples`() throws {
    let accepted = try (0..<Self.repetitions).count {
      let (first, second) = (Self.normals(200, $0, "first"), Self.normals(200, $0, "second"))
      // Most of an image's score is the image's own.
      let shared = Self.normals(200, $0, "image")
      let runs = [first, second].map { zip($0, shared).map { $0 + 5 * $1 } }
      let (a, b) = (try Self.mean(runs[0], seed: $0), try Self.mean(runs[1], seed: $0))
      let difference = a - b
      let interval = difference.interval()
      let isIn = interval.low <= 0 && 0 <= interval.high
      // Both count draws on either side of 0; they may part at the edge by a draw.
      #expect(isIn == (difference.pValue > 0.05) || abs(difference.pValue - 0.05) < 0.01)
      return isIn
    }
    #expect(Self.promised.contains(Double(accepted)))
  }

  @Test func `a pair's shared images make a small difference plain`() throws {
    let shared = Self.normals(200, 0, "image")
    let better = Self.normals(200, 1, "sample").map { 0.1 * $0 + 0.1 }
    let (a, b) = (
      try Self.mean(zip(shared, better).map(+), seed: 3), try Self.mean(shared, seed: 3)
    )
    #expect((a - b).pValue < 0.01)
    #expect(a.interval().low < b.interval().high)
  }
}
