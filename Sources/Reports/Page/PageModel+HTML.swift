import Mustache

extension PageModel {
  static let withoutGnuplot = "gnuplot was not found: the page has numbers, but no figures."

  /// The page as one file that asks for nothing else.
  ///
  /// - Throws: never but for a fault in the templates themselves.
  var html: String {
    get throws {
      let library = MustacheLibrary(templates: [
        "page": try Self.template(PackageResources.page_mustache),
        "table": try Self.template(PackageResources.table_mustache),
      ])
      return library.render(self, withTemplate: "page") ?? ""
    }
  }

  private static func template(_ bytes: [UInt8]) throws -> MustacheTemplate {
    try MustacheTemplate(string: String(decoding: bytes, as: UTF8.self))
  }
}
