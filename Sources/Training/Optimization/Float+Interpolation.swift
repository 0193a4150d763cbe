extension Float {
  /// The point `weight` of the way to `end`, rounded as PyTorch's `lerp` is: exact at both ends.
  @inline(__always)
  func interpolated(to end: Float, by weight: Float) -> Float {
    weight < 0.5 ? self + weight * (end - self) : end - (end - self) * (1 - weight)
  }
}
