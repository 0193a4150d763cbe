internal import Tensors

/// Fisher's test of whether paired differences are as often above 0 as below it.
///
/// If two predictors are exchangeable on every image, each difference has either sign with
/// probability ½, and the sum of the differences is one draw of a known distribution. Exact for any
/// number of images and any distribution of their differences (Fisher 1935, "The design of
/// experiments"; drawn at random after Dwass 1957).
public struct SignFlipTest: Sendable, Equatable {
  /// The sum of the differences.
  public let sum: Double
  /// The two-sided p-value: the share of random signs under which the sum is as far from 0, the
  /// observed ones counted as one draw; at least 1 / (draws + 1).
  public let pValue: Double

  /// The test of `differences`, one for each image, by `drawCount` draws of signs.
  ///
  /// Takes N·draws additions.
  public init(_ differences: [Double], drawCount: Int = 9999, seed: UInt64 = 0) {
    let told = differences.filter { $0 != 0 }
    let sum = told.reduce(0, +)
    // Rounding must not tell a sum from the same sum in another order.
    let bound = abs(sum) * (1 - 1e-12)
    let words = (told.count + 31) / 32
    var extremes = 1
    for draw in 0..<drawCount {
      var random = RandomStream(seed: seed, purpose: "sign flips", major: draw)
      var flipped = 0.0
      for word in 0..<words {
        var signs = random.nextWord()
        for place in word * 32..<min(word * 32 + 32, told.count) {
          flipped += signs & 1 == 0 ? told[place] : -told[place]
          signs >>= 1
        }
      }
      if abs(flipped) >= bound { extremes += 1 }
    }
    self.sum = sum
    pValue = Double(extremes) / Double(drawCount + 1)
  }
}
