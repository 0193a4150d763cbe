import Tensors

/// Random numbers that a test has chosen; after the last one the first comes again.
struct ScriptedSource: RandomSource {
  var uniforms: [Double] = [0]
  var normals: [Double] = [0]
  private var uniformCount = 0
  private var normalCount = 0

  init(uniforms: [Double] = [0], normals: [Double] = [0]) {
    self.uniforms = uniforms
    self.normals = normals
  }

  mutating func nextUniform() -> Double {
    defer { uniformCount += 1 }
    return uniforms[uniformCount % uniforms.count]
  }

  mutating func nextNormal() -> Double {
    defer { normalCount += 1 }
    return normals[normalCount % normals.count]
  }
}
