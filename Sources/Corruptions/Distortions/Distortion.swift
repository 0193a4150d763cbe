import Images
import Tensors

/// What a corruption does to an image at one severity: its parameters, which are a row of a suite's
/// file, and its rule.
///
/// The rules are those of `make_cifar_c.py` and `make_tinyimagenet_c.py` in hendrycks/robustness
/// (Hendrycks and Dietterich 2019, arXiv 1903.12261), down to the order of operations and draws.
package protocol Distortion: Decodable, Sendable {
  /// The distorted image; `image` is square and its side has no obstacle.
  func distort(_ image: Image, random: inout some RandomSource) -> Image

  /// What the rule needs of the side of an image where `side` will not do, else nil.
  func obstacle(side: Int) -> String?
}

extension Distortion {
  package func obstacle(side: Int) -> String? { nil }
}
