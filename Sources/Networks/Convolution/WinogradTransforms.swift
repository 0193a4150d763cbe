import CKernels
import Tensors

/// The transforms of a Winograd convolution, with stride 1 or 2; `CKernels.h` says what each writes.
struct WinogradTransforms: @unchecked Sendable {
  typealias Input = (UnsafePointer<KernelInput>, KernelRange, KernelTiles) -> Void

  /// The positions of a tile: 6×6 or, with stride 2, 9×9.
  let positions: Int
  /// Writes left factors of products.
  let input: Input
  /// Writes float32 at any precision.
  let inputNumbers: Input
  let outputGradient: Input
  let output: (KernelTiles, KernelRange, UnsafePointer<KernelOutput>) -> Void
  let weights: (UnsafePointer<Float>, KernelChannels, KernelRange, KernelPanels) -> Void
  let weightGradient:
    (KernelTiles, KernelChannels, KernelRange, UnsafeMutablePointer<Float>) -> Void
  private let weightPositions: [Int]
  private let sharing: [[Int]]
  private static let weightSide = 6

  /// The positions of weights.
  static let weightPositions = weightSide * weightSide

  init(_ shape: ConvolutionShape, _ kernels: Kernels) {
    let (table, side) = (kernels.table, shape.stride == 2 ? 9 : Self.weightSide)
    if shape.stride == 2, let strided = table.strided?.pointee {
      let padding = shape.paddingBefore
      inputNumbers = { strided.transformInput($0, padding, $1, $2) }
      input = inputNumbers
      outputGradient = { strided.transformOutputGradient($0, $1, $2) }
      output = { strided.transformOutput($0, $1, $2) }
      weights = { strided.transformWeights($0, $1, $2, $3) }
      weightGradient = { strided.transformWeightGradient($0, $1, $2, $3) }
    } else {
      inputNumbers = { table.products.transformInput($0, $1, $2) }
      input = { kernels.products.transformInput($0, $1, $2) }
      outputGradient = { table.transformOutputGradient($0, $1, $2) }
      output = { table.transformOutput($0, $1, $2) }
      weights = { kernels.products.transformWeights($0, $1, $2, $3) }
      weightGradient = { table.transformWeightGradient($0, $1, $2, $3) }
    }
    positions = side * side
    // The last positions in each direction share the last weights.
    let found = (0..<side * side).map { position in
      let last = Self.weightSide - 1
      return min(position / side, last) * Self.weightSide + min(position % side, last)
    }
    weightPositions = found
    sharing = (0..<Self.weightPositions).map { weight in
      found.indices.filter { found[$0] == weight }
    }
  }

  /// Where the weights are that a position is multiplied by.
  func weightPosition(of position: Int) -> Int { weightPositions[position] }

  /// The positions that are multiplied by the same weights.
  func positions(of weightPosition: Int) -> [Int] { sharing[weightPosition] }
}
