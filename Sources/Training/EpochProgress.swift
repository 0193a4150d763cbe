/// What an epoch has come to after some of its steps.
struct EpochProgress: Equatable {
  /// How many steps were taken.
  var stepCount = 0
  /// The sums over steps of each member's weighted cross-entropy.
  var lossSums: [Double]  // [M]
  /// How many images were seen.
  var imageCount = 0
  /// How many of them head 0 got right.
  var rightCount = 0

  init(memberCount: Int) {
    lossSums = [Double](repeating: 0, count: memberCount)
  }

  /// The share of images that head 0 got right.
  var accuracy: Double { imageCount > 0 ? Double(rightCount) / Double(imageCount) : 0 }

  /// The mean over steps of each member's weighted cross-entropy.
  var losses: [Double] { lossSums.map { $0 / Double(max(stepCount, 1)) } }

  mutating func add(losses: [Double], imageCount: Int, rightCount: Int) {
    stepCount += 1
    for (member, loss) in losses.enumerated() { lossSums[member] += loss }
    self.imageCount += imageCount
    self.rightCount += rightCount
  }
}
