import Formats
import Foundation

extension DatasetError {
  /// That none of `folders` holds the data set; where one of them is missing, and beside its place is
  /// a folder of nearly its name, that this one is misnamed.
  static func absence(of dataset: String, in folders: [URL]) -> DatasetError {
    for folder in folders where !FileManager.default.fileExists(atPath: folder.path) {
      let (parent, name) = (folder.deletingLastPathComponent(), folder.lastPathComponent)
      let found = FolderListing.folders(like: name, in: parent)
      guard !found.isEmpty else { continue }
      return .misnamed(
        dataset: dataset, parent, expected: "a folder named \(name)", found: found,
        advice: "rename it")
    }
    return .notFound(dataset: dataset, folders: folders)
  }
}

extension FolderListing {
  /// The folders in `parent` that are named as `name` is but for case, spaces and marks.
  fileprivate static func folders(like name: String, in parent: URL) -> [String] {
    let names = (try? entries(of: parent).filter(\.isFolder).map(\.name)) ?? []
    return names.filter { $0 != name && $0.lettersAndDigits == name.lettersAndDigits }
  }
}

extension String {
  /// The letters and digits, in lower case: what is left of a name that was misspelled in its marks.
  var lettersAndDigits: String {
    lowercased().filter { $0.isLetter || $0.isNumber }
  }
}
