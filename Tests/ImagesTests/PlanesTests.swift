import Images
import TestSupport
import Testing

struct PlanesTests {
  @Test func `planes have each channel's pixels in order, and give the image back`() {
    var generator = SeededGenerator(seed: 6)
    for _ in 0..<50 {
      let (height, width) = (
        Int.random(in: 1...9, using: &generator), Int.random(in: 1...9, using: &generator)
      )
      let planes = (0..<3 * height * width).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      let image = Image(planes: planes[...], height: height, width: width)
      for (index, value) in planes.enumerated() {
        let (channel, pixel) = index.quotientAndRemainder(dividingBy: height * width)
        #expect(image[pixel / width, pixel % width, channel] == value)
      }
      #expect(image.planes == planes)
    }
  }
}
