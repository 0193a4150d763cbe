import Formats
import Foundation
import Synchronization
import TestSupport
import Testing
import TextTables

/// Text tables as people's programs write them.
struct TextTableTests {
  /// The columns and numbers of a table, or the message of its refusal.
  private func read(
    _ text: String, of content: NumberTable.Content = .classes, drop: [String] = [],
    takesAll: Bool = false, hasHeader: Bool? = nil
  ) -> String {
    var options = TableOptions()
    options.droppedColumns = drop
    options.takesAllColumns = takesAll
    options.hasHeader = hasHeader
    do {
      let table = try NumberTable(Array(text.utf8), file: "z.csv", of: content, options)
      let first = table.firstLine.map { "\($0) or names, " } ?? ""
      return "\(first)\(table.columnCount): \(table.values)"
    } catch {
      return "\(error)"
    }
  }

  @Test func `reading tells how many bytes are done, and can be stopped`() throws {
    let text = Array(String(repeating: "0.5,1.5\n", count: 10_000).utf8)
    let told = Mutex([Int]())
    var options = TableOptions()
    options.advanced = { file, done, total in
      #expect(file == "z.csv" && total == text.count)
      told.withLock { $0.append(done) }
    }
    let table = try NumberTable(text, file: "z.csv", of: .classes, options)
    #expect(table.rowCount == 10_000)
    // After 4096 and 8192 lines, the last without its end, and at the end.
    let expected: [Int] = [32_767, 65_535, text.count]
    #expect(told.withLock { $0 } == expected)
    options.advanced = { _, _, _ in throw CancellationError() }
    #expect(throws: CancellationError.self) {
      try NumberTable(text, file: "z.csv", of: .classes, options)
    }
  }

  @Test(arguments: [
    "2,0.5,-0.1\n3,1.5,0.2\n",
    "2;0.5;-0.1\n3;1.5;0.2\n",
    "2\t0.5\t-0.1\r\n3\t1.5\t0.2\r\n",
    "2 0.5 -0.1\n3 1.5 0.2",
    "   2.000000e+00   5.000000e-01  -1e-1\n   3.0 1.5 .2\n",
    "2,0.5,-0.1\r3,1.5,0.2\r",
    "2,0.5,-0.1\r\r\n3,1.5,0.2\r\r\n",
    "\n2 , 0.5,\t-0.1\n\n 3,1.5 ,0.2\n\n",
    "cat,dog,ship\n2,0.5,-0.1\n3,1.5,0.2\n",
    "class 0, class 1 ,class 2\n2,0.5,-0.1\n3,1.5,0.2\n",
    "\"cat, tabby\",\"a \"\"dog\"\"\",ship\n\"2\",\" 0.5\",\"-0.1\"\n\"3\",\"1.5\",\"0.2\"\n",
    "tench, Tinca tinca;goldfish;shark\n2;0.5;-0.1\n3;1.5;0.2\n",
    "\"1\",\"2\",\"3\"\n2,0.5,-0.1\n3,1.5,0.2\n",
    "# logits of 3 classes\n2 0.5 -0.1\n3 1.5 0.2\n",
    "# cat dog ship\n2 0.5 -0.1 # the first\n# and\n3 1.5 0.2\n",
    "2,0.5,-0.1,\n3,1.5,0.2,\n",
    "2|0.5|-0.1\n3 | 1.5 | 0.2\n",
    "cat|dog|ship\r\n2|0.5|-0.1\r\n3|1.5|0.2\r\n",
    "sep=;\n2;0.5;-0.1\n3;1.5;0.2\n",
    "\"sep=|\"\r\ncat|dog|ship\r\n2|0.5|-0.1\r\n3|1.5|0.2\r\n",
    "SEP=\t\ncat\tdog\tship\n2\t0.5\t-0.1\n3\t1.5\t0.2\n",
    "cat,dog,ship,\n2,0.5,-0.1\n3,1.5,0.2\n",
  ])
  func `the same numbers in every dialect`(text: String) {
    #expect(read(text) == "3: [2.0, 0.5, -0.1, 3.0, 1.5, 0.2]")
  }

  @Test(arguments: [
    (",cat,dog\n0,2.5,0.5\n1,0.3,1.5\n", "0", "column 0 (without a name) may number the rows"),
    ("id,cat,dog\n7,2.5,0.5\n9,0.3,1.5\n", "id", "column 0 (\"id\") is named as row names are"),
    (
      "cat,dog, Label \n2.5,0.5,0\n0.3,1.5,1\n", "Label",
      "column 2 (\"Label\") is named as labels are"
    ),
    (
      "Unnamed: 0,a,b\n0,2.5,0.5\n1,0.3,1.5\n", "0",
      "column 0 (\"Unnamed: 0\") is named as row names"
    ),
    (
      "a,b,y_pred\n2.5,0.5,1\n0.3,1.5,0\n", "y_pred",
      "column 2 (\"y_pred\") is named as predicted classes"
    ),
    ("#,a,b\n1,2.5,0.5\n2,0.3,1.5\n", "0", "column 0 (without a name)"),
    ("# id a b\n1 2.5 0.5\n2 0.3 1.5\n", "id", "column 0 (\"id\")"),
    ("cat,dog\n1,2.5,0.5\n2,0.3,1.5\n", "0", "the header names 2 columns, the lines below have 3"),
    ("\"V1\",\"V2\"\n\"a\",2.5,0.5\n\"b\",0.3,1.5\n", "0", "the header names 2 columns"),
    ("a.png,2.5,0.5\nb.png,0.3,1.5\n", "0", "column 0 holds text, such as"),
    ("0,2.5,0.5\n1,0.3,1.5\n", "0", "column 0 counts row by row"),
    ("1 2.5 0.5\n2 0.3 1.5\n3 0.3 1.5\n", "0", "column 0 counts row by row"),
    ("Bild;a;b\n10;0.3;1.5\n11;0.5;1.5\n12;0.5;1.5", "Bild", "holds whole numbers alone"),
    ("2.5,0.5,0\n0.3,1.5,1\n0.2,0.5,1\n", "2", "column 2 holds whole numbers below the number"),
    ("0.0,2.5,0.5\n1.0,0.3,1.5\n2.0,3.1,1.2\n3.0,0.1,0.7\n", "0", "column 0 counts"),
    ("2.5,0.5,0e0\n0.3,1.5,1e0\n1.2,0.2,1e0\n0.1,0.3,0e0\n", "2", "column 2 holds whole numbers"),
    ("i,a,b\n812,2.0,0.5\n17,0.3,1.5\n405,0.1,0.4\n33,1.2,0.1\n", "i", "holds whole numbers alone"),
    ("a,b,loss\n2.5,0.5,0.9\n0.3,1.5,0.8\n", "loss", "is named as a measure of the whole row"),
    (",0,1\n0,2.5,0.5\n1,0.3,1.5\n", "0", "column 0 (without a name)"),
    ("filename,0,1\na.png,2.5,0.5\nb.png,0.3,1.5\n", "filename", "is named as row names are"),
    ("a.png,0,1\nb.png,2.5,0.5\nc.png,0.3,1.5\n", "0", "holds text, such as \"b.png\" on line 2"),
    (
      "a,b,c\n3.5,2,0.25\n0.5,7,-0.5\n0.25,5,1.5\n0.75,3,2.5\n", "b", "holds whole numbers alone"
    ),
    ("a,b,c\n3.5,2.5,3.5\n0.5,7.5,7.5\n6,5,6\n7,3,7\n", "c", "is the largest of the others"),
  ])
  func `a column that is no class is refused, and left out on request`(
    text: String, option: String, message: String
  ) {
    let refusal = read(text)
    #expect(refusal.contains(message), "\(refusal)")
    #expect(refusal.contains("--drop-column \(option)"))
    #expect(!read(text, drop: [option]).contains("--drop-column"))
  }

  @Test func `a class may be called no, where its numbers show it`() throws {
    for names in ["no,yes", "yes,no", "correct,incorrect", "image,text", "y,n", "cat,number"] {
      #expect(read("\(names)\n2.5,0.5\n0.3,1.5\n") == "2: [2.5, 0.5, 0.3, 1.5]", "\(names)")
      #expect(read("\(names)\n3,5\n2,1\n") == "2: [3.0, 5.0, 2.0, 1.0]", "\(names)")
    }
    #expect(read("no,a\n2.5,0.5\n0.3,1.5\n") == "2: [2.5, 0.5, 0.3, 1.5]")
    // What is kept comes first, unless the numbers show that it is none.
    let doubtful = read("label,a,b\n2.5,0.5,0.1\n0.3,1.5,0.2\n")
    #expect(doubtful.contains("if it is a class, say with --all-columns"), "\(doubtful)")
    let certain = read("label,a,b\n1,0.5,0.1\n0,1.5,0.2\n")
    #expect(certain.contains("which is no class; leave it out with --drop-column label"))
  }

  @Test(arguments: [
    ("p1,p0\n2.5,0.5\n0.3,1.5\n", "p1, p0"),
    ("c 1;c 3;c 2\n2.5;0.5;1\n0.3;1.5;1\n", "c 1, c 3, c 2"),
    ("\"1\",\"0\"\n2.5,0.5\n0.3,1.5\n", "1, 0"),
    ("p0,p5\n2.5,0.5\n0.3,1.5\n", nil),
    ("x0,y1\n2.5,0.5\n0.3,1.5\n", nil), ("a1b0,a1b1\n2.5,0.5\n0.3,1.5\n", nil),
  ])
  func `names that count in another order than columns are refused`(text: String, names: String?) {
    let found = read(text)
    #expect(found.contains("put the columns in the order of their numbers") == (names != nil))
    #expect(found.contains(names ?? "2: ["), "\(found)")
    #expect(!read(text, takesAll: true).contains("order"))
  }

  @Test(arguments: [
    ("70%", "a percentage"), ("2.0D0", "the exponent of Fortran"), ("-1.5d-3", "write E for D"),
    ("[2.0", "something around it"), ("tensor(2.0)", "something around it"),
    ("np.float32(2.0)", "something around it"), ("'2.0'", "something around it"),
    ("2.0]", "something around it"),
    ("\u{A0}2.0", "the character U+00A0"), ("\u{2212}2.0", "U+2212"), ("1_000", "U+005F"),
    ("1'000.5", "U+0027"), ("\u{FF12}", "U+FF12"), ("2.0\u{200B}", "U+200B"),
    ("0x1F", "hexadecimal"),
    ("2.0f", "with \"f\" behind it"), ("(1+0j)", "a complex number"),
  ])
  func `a number in another form is named, and never advised to be left out`(
    field: String, remark: String
  ) {
    for others in [["0.5", "1.5"], [field, field]] {
      let rows = (0..<3).map { _ in ([field] + others).joined(separator: ";") }
      for head in ["", "a;b;c\n"] {
        let found = read(head + rows.joined(separator: "\n") + "\n")
        #expect(found.contains(remark), "\(found)")
        #expect(!found.contains("--drop-column"), "\(found)")
      }
    }
  }

  @Test func `text in most rows is left out on request, where it may be no class`() {
    #expect(read("2024-01-02,1.5,2\n2024-01-03,0.5,1\n").contains("; if it is no class, leave"))
    #expect(read("a.png,1.5,2\nb.png,0.5,1\n").contains("; leave it out with --drop-column 0"))
    #expect(read("1.5,2\nx1,2\n3,4\n").hasPrefix("z.csv: line 2, column 0: expected a finite"))
  }

  @Test func `a separator that is named and not known is refused`() {
    #expect(
      read("sep=^\n2^0.5\n").contains("line 1: found \"sep=^\"; expected a comma, a semicolon"))
    #expect(read("sep=,\n").contains("expected at least one line of numbers"))
  }

  @Test func `every column is a class where that is said`() {
    #expect(read("y,n\n1,2.5\n2,0.5\n", takesAll: true) == "2: [1.0, 2.5, 2.0, 0.5]")
    #expect(read("0,2.5\n1,0.5\n", takesAll: true) == "2: [0.0, 2.5, 1.0, 0.5]")
  }

  @Test func `the number of a column is never its name`() {
    let text = "id,0,1\n5,2.5,0.5\n9,0.3,1.5\n"
    #expect(read(text, drop: ["0"]) == "2: [2.5, 0.5, 0.3, 1.5]")
    #expect(read(text, drop: ["id", "2"]) == "1: [2.5, 0.3]")
    #expect(
      read(text, drop: ["3"]).contains("--drop-column 3: expected the number of one of column 0"))
    #expect(read("1,2\n", drop: ["0", "1"]).contains("none left"))
  }

  @Test(arguments: [
    ("0,1,2\n2.0,0.5,0.1\n", "[0.0, 1.0, 2.0] or names, 3: [2.0, 0.5, 0.1]"),
    ("0,1\n1,0\n", "[0.0, 1.0] or names, 2: [1.0, 0.0]"),
    ("3,5,8\n0.5,0.25,0.125\n", "[3.0, 5.0, 8.0] or names, 3: [0.5, 0.25, 0.125]"),
    ("0.0,1.0,2.0\n2.0,0.5,0.1\n", "[0.0, 1.0, 2.0] or names, 3: [2.0, 0.5, 0.1]"),
    ("1e3,-2\n2.0,0.5\n", "[1000.0, -2.0] or names, 2: [2.0, 0.5]"),
    ("0,1,2,\n2.0,0.5,0.1,\n", "[0.0, 1.0, 2.0] or names, 3: [2.0, 0.5, 0.1]"),
    ("2,0,0\n0,2,0\n", "[2.0, 0.0, 0.0] or names, 3: [0.0, 2.0, 0.0]"),
    ("2,0.5,0\n0,2,0\n", "3: [2.0, 0.5, 0.0, 0.0, 2.0, 0.0]"),
    ("2,05,0\n0.5,2,0\n", "3: [2.0, 5.0, 0.0, 0.5, 2.0, 0.0]"),
    ("0,1,2\n", "3: [0.0, 1.0, 2.0]"),
  ])
  func `a first line of whole numbers is kept apart`(text: String, expected: String) {
    #expect(read(text) == expected)
  }

  @Test func `the option says what a first line of numbers is`() {
    #expect(read("0,1\n1,0\n", hasHeader: true) == "2: [1.0, 0.0]")
    #expect(read("0,1\n1,0\n", hasHeader: false) == "2: [0.0, 1.0, 1.0, 0.0]")
    #expect(read("a,b\n1,0\n", hasHeader: false) == "2: [1.0, 0.0]")
  }

  @Test(arguments: [
    "2,01;0,52\n0,34;1,55\n", "a;b\n2,01;0,52\n", "0,52\t1,3\n0,1\t0,2\n", "0,52 1,3\n0,1 0,2\n",
    "\"0,52\",\"1,3\"\n\"0,1\",\"0,2\"\n", "0.5;0.25\n0,5;0,25\n", "1,05\n2,5\n",
    "0,873\n0,126\n1,0\n",
    "2,2158\n-1,4031\n0,85\n",
  ])
  func `decimal commas are named`(text: String) {
    #expect(read(text).contains("decimal commas"), "\(read(text))")
  }

  @Test(arguments: [
    ("", "z.csv: expected at least one line of numbers, found none"),
    ("# nothing\n\n", "z.csv: expected at least one line of numbers, found none"),
    ("a,b\n", "z.csv: expected at least one line of numbers, found none"),
    ("1 2\n3\n", "z.csv: line 2: expected 2 fields as other lines have, found 1"),
    ("2,1\n3,4,5\n", "z.csv: line 2: expected 2 fields as other lines have, found 3"),
    ("1,2\n3,\n", "z.csv: line 2, column 1: expected a finite number, found an empty field"),
    ("a,b\n3,x1\n1,2\n", "z.csv: line 2, column 1 (\"b\"): expected a finite number, found \"x1\""),
    ("1,2\n3,nan\n", "z.csv: line 2, column 1: expected a finite number, found \"nan\""),
    ("1,2\nNA,2\n", "z.csv: line 2, column 0: expected a finite number, found \"NA\""),
    ("inf,2\n1,2\n", "z.csv: line 1, column 0: expected a finite number, found \"inf\""),
    ("0.1,o.2,0.3\n1,2,3\n", "z.csv: line 1, column 1: expected a finite number, found \"o.2\""),
    ("1,1e400\n", "z.csv: line 1, column 1: expected a finite number, found \"1e400\""),
    ("1,0x10\n2,3\n", "z.csv: line 1, column 1: expected a finite number, found \"0x10\""),
    (
      "1\t\t2\n1\t2\t3\n", "z.csv: line 1, column 1: expected a finite number, found an empty field"
    ),
    ("1,\"2\n3,4\n", "z.csv: line 1, column 1: expected a finite number, found \"2\""),
    ("1,2\n3,4,5\n", "z.csv: line 1: the header names 2 columns, the lines below have 3"),
    ("a,b\n3,\n4,\n", "z.csv: line 2, column 1 (\"b\"): expected a finite number, found an empty"),
    ("a,b,c\n1,2\n", "z.csv: line 1: the header names 3 columns, the lines below have 2"),
  ])
  func `wrong text is named by line and column`(text: String, expected: String) {
    #expect(read(text).hasPrefix(expected), "\(read(text))")
  }

  @Test(arguments: [
    ("label\n3\n0\n", "1: [3.0, 0.0]"),
    ("\"3\"\r\n\"0\"\r\n", "[3.0] or names, 1: [0.0]"),
    ("0\n3\n0\n", "[0.0] or names, 1: [3.0, 0.0]"),
    ("id,label\n7,3\n9,0\n", "1: [3.0, 0.0]"),
    ("filename,y\na.png,3\nb.png,0\n", "1: [3.0, 0.0]"),
    ("cat\ndog\n", "z.csv: line 2: expected a class index, found \"dog\""),
    ("prediction\n3\n0\n", "z.csv: column 0 (\"prediction\") is named as predicted classes are"),
    ("3\n\n0\n", "z.csv: line 3: found a blank line before it"),
  ])
  func `labels are one column, or the one of that name`(text: String, expected: String) {
    #expect(read(text, of: .labels).hasPrefix(expected), "\(read(text, of: .labels))")
  }

  @Test func `marks of UTF-8 are passed over, UTF-16 is named`() throws {
    let folder = try TemporaryFolder()
    let text = "2,0.5\r\n3,1.5\r\n"
    let marked = try folder.file("z.csv", holding: [0xEF, 0xBB, 0xBF] + text.utf8)
    let table = try NumberTable(contentsOf: marked, of: .classes, TableOptions())
    #expect(table.values == [2, 0.5, 3, 1.5])
    for (mark, encoding) in [
      ([], String.Encoding.utf16LittleEndian), ([0xFE, 0xFF], .utf16BigEndian),
    ]
      as [([UInt8], String.Encoding)]
    {
      let wide = try #require(text.data(using: encoding))
      let url = try folder.file("w.csv", holding: mark + wide)
      #expect {
        _ = try NumberTable(contentsOf: url, of: .classes, TableOptions())
      } throws: {
        "\($0)".contains("w.csv: ") && "\($0)".contains("UTF-16") && "\($0)".contains("UTF-8")
      }
    }
  }

  @Test func `memory stays in proportion to the file`() throws {
    // Two lines of many classes: the numbers take eight bytes each, the text two.
    let line = [UInt8](repeating: UInt8(ascii: "1"), count: 20_000).flatMap { [$0, UInt8.space] }
    var options = TableOptions()
    options.hasHeader = false
    let table = try NumberTable(line + [10] + line, file: "z.txt", of: .classes, options)
    #expect(table.columnCount == 20_000 && table.rowCount == 2)
    let wide = [UInt8](repeating: UInt8(ascii: ","), count: 1 << 20)
    #expect(throws: TextTableError.self) { try NumberTable(wide, file: "z.csv", of: .classes) }
  }
}

extension UInt8 {
  fileprivate static let space = UInt8(ascii: " ")
}
