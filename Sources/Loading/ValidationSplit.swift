import Tensors

/// Training images in two parts: those that are trained on, and those that are kept for validation.
package struct ValidationSplit: Sendable {
  /// The images that are trained on, in their order.
  package let training: any Dataset
  /// The images that are not, in their order.
  package let validation: any Dataset

  /// Keeps `count` images of `whole` for validation.
  ///
  /// Each class gives its share, to within one image; which of its images depends on the seed, the class
  /// and the labels alone.
  ///
  /// - Throws: `LoadingError.tooFewImages` where none is left to train on.
  package init(of whole: any Dataset, keeping count: Int, seed: UInt64) throws {
    guard count < whole.count else {
      throw LoadingError.tooFewImages(
        dataset: whole.name, purpose: "training beside \(count) validation images",
        expected: count + 1, found: whole.count)
    }
    var members = [[Int]](repeating: [], count: whole.classCount)
    for (index, label) in whole.labels.enumerated() { members[label].append(index) }
    var isKept = [Bool](repeating: false, count: whole.count)
    let shares = Self.shares(of: count, classCounts: members.map(\.count))
    for (label, share) in shares.enumerated() {
      var random = RandomStream(seed: seed, purpose: "validation images", major: label)
      random.shuffle(&members[label])
      for index in members[label].prefix(share) { isKept[index] = true }
    }
    validation = Subset(isKept.indices.filter { isKept[$0] }, of: whole)
    training = Subset(isKept.indices.filter { !isKept[$0] }, of: whole)
  }

  /// How many of `count` images each class gives: count · n / N of its n, rounded by the method of largest
  /// remainders.
  ///
  /// Of equal remainders the lower class has the larger one.
  ///
  /// - Parameters:
  ///   - count: The number of images in all, at most N.
  ///   - classCounts: The number of images n of each class; they sum to N.
  /// - Returns: Numbers that sum to `count`, each less than 1 from its share.
  package static func shares(of count: Int, classCounts: [Int]) -> [Int] {
    let total = classCounts.reduce(0, +)
    guard total > 0 else { return classCounts }
    let parts = classCounts.map { (count * $0).quotientAndRemainder(dividingBy: total) }
    var shares = parts.map(\.quotient)
    let missing = count - shares.reduce(0, +)
    let order = parts.indices.sorted {
      (-parts[$0].remainder, $0) < (-parts[$1].remainder, $1)
    }
    for label in order.prefix(missing) { shares[label] += 1 }
    return shares
  }
}
