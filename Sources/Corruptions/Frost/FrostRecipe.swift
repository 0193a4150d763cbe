/// How a picture that stands in for a published frost texture is made.
///
/// The amplitudes were fitted, for the textures shrunk to 0.2 and to 0.3 of their size, to the
/// autocorrelation of their brightness and to how much it varies between pieces.
struct FrostRecipe: Sendable {
  enum Pattern: Sendable {
    case creases, fans, streaks, ferns
  }

  let height: Int
  let width: Int
  /// Noises of different coarseness.
  let octaves: [(spacing: Double, amplitude: Double)]
  let pattern: Pattern
  let patternAmplitude: Double
  /// The levels of brightness that 5, 25, 50, 75 and 95 % of the pixels lie below.
  let percentiles: [Double]
  /// What red, green and blue have more than the brightness.
  let tint: SIMD3<Double>
  /// How the tint varies over the picture, in standard deviations.
  var tintVariation: SIMD3<Double> = .zero

  /// Crumpled ice in teal and turquoise, like the first texture.
  static let crumpled = FrostRecipe(
    height: 600, width: 900,
    octaves: [(1, 0.33), (3, 0.32), (50, 0.27), (120, 0.40), (300, 0.66)],
    pattern: .creases, patternAmplitude: 0.33, percentiles: [103, 116, 128, 141, 163],
    tint: [-52, 20, 36], tintVariation: [12, -4, -10])

  /// Almost white ice with needles in fans, like the second and third textures.
  static let needles = FrostRecipe(
    height: 315, width: 560, octaves: [(1, 0.42), (3, 0.36), (8, 0.32), (120, 0.20), (300, 0.62)],
    pattern: .fans, patternAmplitude: 0.47, percentiles: [165, 193, 208, 221, 234],
    tint: [-4, 0, 9])

  /// Fine-grained frost with streaks up and across, like the fourth texture.
  static let streaks = FrostRecipe(
    height: 350, width: 527, octaves: [(1, 0.55), (3, 0.38), (8, 0.22), (300, 0.56)],
    pattern: .streaks, patternAmplitude: 0.47, percentiles: [103, 133, 150, 167, 197],
    tint: [-12, 3, 15])

  /// Bright feathers on a dark ground, like the fifth texture.
  static let ferns = FrostRecipe(
    height: 495, width: 660, octaves: [(1, 0.37), (3, 0.32), (8, 0.41), (20, 0.27), (300, 0.52)],
    pattern: .ferns, patternAmplitude: 0.50, percentiles: [58, 89, 117, 149, 201],
    tint: [-9, 2, 13])
}
