import Tensors

/// The inputs of one training step.
///
/// N batch, H and W image, h and w encoding, C encoder channels, K classes, M members.
package struct TrainingBatch: Sendable {
  /// Each member's normalized images.
  package let images: [Tensor]  // [M] of [N, H, W, 3]
  /// Each member's masks, empty where M = 1.
  ///
  /// Their shape is that of the method's extent: [N, h, w], [N, C] or [N, h, w, C].
  package let masks: [Tensor]  // [M]
  /// Each member's soft targets times its loss weights.
  package let targets: [Tensor]  // [M] of [N, K]
}

extension TrainingBatch {
  /// A batch of zeros; no masks where `maskShape` is nil.
  init(memberCount: Int, entryCount: Int, side: Int, classCount: Int, maskShape: [Int]?) {
    func tensors(_ shape: [Int]) -> [Tensor] {
      (0..<memberCount).map { _ in Tensor([entryCount] + shape) }
    }
    images = tensors([side, side, 3])
    masks = maskShape.map(tensors) ?? []
    targets = tensors([classCount])
  }

  /// Puts one member's input at one position of the batch.
  func set(
    _ member: Int, _ position: Int, _ input: TrainingInput, weight: Double, mask: MixingMask?
  ) {
    images[member].set(position, input.pixels)
    if let mask { masks[member].set(position, mask.values) }
    let classCount = targets[member].shape[1]
    for (label, share) in input.shares {
      targets[member][position * classCount + label] += Float(share * weight)
    }
  }
}

extension Tensor {
  /// Replaces the part at `position` of the first dimension.
  fileprivate func set(_ position: Int, _ values: [Float]) {
    (elements + position * values.count).update(from: values, count: values.count)
  }
}
