import Images
import TestSupport
import Testing

/// Files of every kind, against Pillow: exactly its pixels, exactly its bytes.
struct FileTests {
  @Test func `the fixtures are there`() {
    #expect(FileFixture.pngs.count == 47)
    #expect(FileFixture.jpegs.count == 34)
    #expect(WrittenFixture.all.count == 9)
  }

  @Test(arguments: FileFixture.pngs)
  func `a PNG file has the pixels that Pillow reads`(fixture: FileFixture) throws {
    #expect(try Image(decoding: fixture.bytes, file: fixture.name) == fixture.image)
  }

  @Test(arguments: FileFixture.jpegs)
  func `a JPEG file has the pixels that Pillow reads`(fixture: FileFixture) throws {
    #expect(try Image(decoding: fixture.bytes, file: fixture.name) == fixture.image)
  }

  @Test(arguments: WrittenFixture.all)
  func `a JPEG file has the bytes that Pillow writes`(fixture: WrittenFixture) throws {
    let file = try fixture.image.jpeg(
      quality: fixture.quality, optimizesTables: fixture.optimize, file: "image")
    #expect(file == Array(fixture.file))
  }

  @Test(arguments: [(1, 1), (1, 300), (64, 64), (97, 5), (200, 200)])
  func `a PNG file represents its image exactly`(height: Int, width: Int) throws {
    let image = noise(height: height, width: width)
    let file = try image.png(file: "image")
    #expect(try Image(decoding: file, file: "image") == image)
    #expect(try image.png(file: "image") == file)
  }

  @Test func `a PNG file has no chunks but those of the pixels`() throws {
    let file = try noise(height: 9, width: 8).png(file: "image")
    #expect(PNGFile(file).chunks.map(\.name) == ["IHDR", "IDAT", "IEND"])
  }

  @Test func `bytes after the end of a file are ignored`() throws {
    for fixture in [FileFixture.pngs[0], FileFixture.jpegs[0]] {
      let longer = fixture.bytes + [0, 1, 2, 3]
      #expect(try Image(decoding: longer, file: fixture.name) == fixture.image)
    }
  }

  @Test func `an image that the format cannot represent is not written`() {
    let empty = Image(height: 0, width: 5, pixels: [])
    let wide = noise(height: 1, width: 65501)
    let image = noise(height: 2, width: 2)
    func message(_ write: () throws(ImageError) -> [UInt8]) -> String? {
      do throws(ImageError) {
        _ = try write()
        return nil
      } catch {
        return error.description
      }
    }
    let problem = "image: an image of 5×0 pixels, expected at least 1×1"
    #expect(message { () throws(ImageError) in try empty.png(file: "image") } == problem)
    #expect(
      message { () throws(ImageError) in try empty.jpeg(quality: 85, file: "image") } == problem)
    #expect(
      message { () throws(ImageError) in try image.jpeg(quality: 0, file: "image") }
        == "image: JPEG quality 0, expected 1 to 100")
    #expect(
      message { () throws(ImageError) in try wide.jpeg(quality: 85, file: "image") }
        == "image: cannot be written as a JPEG file: "
        + "Maximum supported image dimension is 65500 pixels")
  }
}
