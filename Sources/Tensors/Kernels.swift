import CKernels
import Foundation

/// The engine's inner loops for one instruction set.
package struct Kernels: @unchecked Sendable, CustomStringConvertible {
  /// The environment variable that chooses a level by name.
  package static let variable = "MIXMO_KERNELS"

  /// The levels this machine can run, the fastest last.
  package static let available = [kernelsBaseline(), kernelsAVX2(), kernelsAVX512()]
    .compactMap { $0.map { Kernels(table: $0.pointee) } }

  /// The plainest code, which the others are tested against.
  package static let reference = Kernels(table: kernelsReference().pointee)

  /// The level that `MIXMO_KERNELS` names if this machine can run it, else the fastest.
  package static let preferred =
    available.first { $0.name == ProcessInfo.processInfo.environment[variable] }
    ?? available[available.count - 1]

  /// The kernels; `CKernels.h` says what each does.
  package let table: KernelTable

  /// `baseline`, `avx2` or `avx512`.
  package var name: String { String(cString: table.name) }

  package var description: String { name }
}

/// Products with a right factor that lies in panels: `[columns / width][depth][width]`, the last
/// filled up with zeros. Without kernels for panels, all columns are one panel, for OpenBLAS.
extension Kernels {
  /// The columns of a panel of a matrix of `columns` columns.
  package func panelWidth(columns: Int) -> Int {
    table.panelWidth == 0 ? columns : table.panelWidth
  }

  /// Whether a row of a product is the same bits whatever other rows are computed with it, which
  /// OpenBLAS does not promise.
  package var rowsAreIndependent: Bool { table.panelWidth > 0 }

  /// `columns`, rounded up to whole panels.
  package func paddedColumns(_ columns: Int) -> Int {
    let width = panelWidth(columns: columns)
    return (columns + width - 1) / width * width
  }

  /// `product = left · panels`, added to what is there if `accumulating`.
  ///
  /// With `isTransposed`, left is stored as `[depth, rows]`. Whole panels are written.
  package func multiply(
    rows: Int, columns: Int, depth: Int, left: UnsafePointer<Float>, leftStride: Int,
    isTransposed: Bool = false, panels: UnsafePointer<Float>,
    product: UnsafeMutablePointer<Float>, productStride: Int, accumulating: Bool = false
  ) {
    guard table.panelWidth > 0 else {
      MatrixProduct.multiply(
        MatrixView(left, rowStride: leftStride, isTransposed: isTransposed),
        MatrixView(panels, rowStride: columns), into: product, rowStride: productStride,
        m: rows, n: columns, k: depth, accumulating: accumulating)
      return
    }
    let kernel = isTransposed ? table.multiplyTransposed : table.multiply
    kernel?(
      rows, columns, depth, left, leftStride, panels, product, productStride, accumulating ? 1 : 0)
  }

  /// Packs `right`, `[depth, columns]` with rows `rowStride` apart, into panels.
  package func pack(
    _ right: UnsafePointer<Float>, rowStride: Int, depth: Int, columns: Int,
    into panels: UnsafeMutablePointer<Float>
  ) {
    let width = panelWidth(columns: columns)
    var panel = panels
    for first in stride(from: 0, to: columns, by: width) {
      let count = min(width, columns - first)
      for k in 0..<depth {
        panel.update(from: right + k * rowStride + first, count: count)
        (panel + count).update(repeating: 0, count: width - count)
        panel += width
      }
    }
  }
}
