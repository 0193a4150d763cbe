import Evaluation
import Formats
import Foundation
import PredictionFiles
import Predictions
import Runs
import Scoring
import TextTables

extension Target {
  static let events = Target(
    name: "events", maximumLength: 2048, words: ["brain.Event:2"],
    seeds: { try Seed.fixtures("FormatsTests/Fixtures/tensorboard") },
    read: { input in
      // The file is truncated in place, so it needs a path of its own.
      try AtomicFile.write(input.bytes, to: input.output)
      _ = try EventFile(input.output, keepingThrough: 1)
    })

  static let runRecord = Target(
    name: "run-record", maximumLength: 1024,
    words: ["\"origin\"", "\"scoring\"", "\"cells\"", "null", "1e99", "18446744073709551616"],
    seeds: {
      let origin =
        #"{"run":"a","dataset":"d","images":2,"checkpoint":"c","data":"e","seed":0,"version":"1"}"#
      let scoring =
        #"{"calibrations":["none"],"fitting":"cv","draws":9,"families":{"fog":"weather"}}"#
      let sharding =
        #"{"shard":{"index":1,"count":2},"kinds":[],"plan":[{"corruption":"fog","severity":1}]}"#
      let step =
        #"{"command":"mixmo","version":"1","start":"s","instructions":"avx2","threads":1,"predictions":[]}"#
      let files =
        #""predictions":{"labels.npy":"0"},"inputs":{"checkpoint":["c"],"data":["d"]}"#
      return [
        Seed(
          name: "record",
          bytes: Array(
            #"{"origin":\#(origin),"scoring":\#(scoring),"sharding":\#(sharding)}"#.utf8)),
        Seed(
          name: "history",
          bytes: Array(
            #"{"origin":\#(origin),"history":[\#(step)],"configuration":["a: 1"],\#(files)}"#.utf8)),
      ]
    },
    read: { input in
      input.link("run/run.json")
      _ = try RunRecord.read(from: RunFolder(Input.folder.appendingPathComponent("run")))
    })

  /// Numbers are taken as logits, then as probabilities, and scored.
  static let predictions = Target(
    name: "predictions", maximumLength: 1024, words: npy.words + ["(2, 2)", "(1, 2, 2)"],
    seeds: npy.seeds,
    read: { input in
      input.attempt { try readGiven(input, as: "given.npy") }
      let array = try PredictionArray(contentsOf: input.url)
      let labels = [Int](repeating: 0, count: array.rowCount)
      for numbers in PredictionNumbers.allCases {
        input.attempt {
          let rows = try array.taken(as: numbers).labeled(labels, from: input.url)
          precondition(rows.numbers == numbers)
          for row in try Scorer(threadCount: 1, metrics: quickMetrics).score(rows).predictors {
            for metric in quickMetrics {
              precondition(row.values[metric]?.isFinite ?? true, metric.name)
            }
          }
        }
      }
    })

  /// Reads the input as predictions and as their labels.
  private static func readGiven(_ input: Input, as name: String) throws {
    input.link(name)
    let url = Input.folder.appendingPathComponent(name)
    let rows = try PredictionReader().read([url], labels: url)
    precondition(rows.notes.allSatisfy { $0.contains(url.path) })
    guard rows.labels.count == rows.predictions.rowCount else { return }
    _ = try rows.predictions.labeled(rows.labels, from: url)
  }

  private static let quickMetrics: [Metric] = [
    .negativeLogLikelihood, .brierScore, .calibrationError, .entropy, .riskCoverageArea,
  ]

  static let results = Target(
    name: "results", maximumLength: 512,
    words: ["fog", "\"\"", "1e-9", "nan", "inf", "0x1p3", "\r\n"],
    seeds: {
      [
        Seed(
          name: "table", bytes: Array("run,corruption,severity,nll\nr,fog,1,0.5\nr,fog,2,\n".utf8))
      ]
    },
    read: { input in
      let table = try ResultTable(
        contentsOf: input.url, keys: ["corruption", "severity"], constants: ["run"],
        numbers: ["nll"])
      for key in table.keys {
        precondition(table[key, "nll"]?.value.isFinite ?? true, "\(key)")
      }
    })

  static let numberTable = Target(
    name: "number-table", maximumLength: 512,
    words: [
      ",", ";", "\t", "|", "\r\n", "\r", "\"", "\"\"", "#", "# a b", "\u{FEFF}", "0,1,2", "id",
      "label",
      "1e400", "4.9e-324", "nan", "0,5", "-0", "005", "sep=", "%", "D0", "tensor(", "\u{A0}",
      "\u{2212}",
    ],
    seeds: {
      let texts = [
        ",cat,dog\n0,2.5,0.5\n1,0.3,1.5\n", "0,1,2\n2.0,0.5,0.1\n", "2,01;0,52\n0,34;1,55\n",
        "# logits of 3\n2.0 0.5 0.1\n", "\"V1\",\"V2\"\n\"2\",\"0.5\"\n", "2\t0.5\r0.3\t1.5\r",
        "\u{FEFF}a;b;\r\n1;2.5;\r\n", "label\n3\n0\n", "a.png 1.25 2 # first\n", "0,873\n0,126\n",
        "sep=|\n0.0|1.0\n2.5|1e3\n", "\"sep=;\"\r2;1;0;\r4;5;6;\r", "p1,p0\n1.5,2.5\n",
        "no\tyes\n70%\t\u{A0}2.0\n", "tensor(1.5),[2.0\n2.0D0,\u{2212}1\n0x1F,(1+0j)\n",
        "1,2.5,0\n2,0.5,1\n3,1.5,1\n4,0.25,0\n", "2.5,0.5,2.5\n1,3,3\n0,5,5\n7,1,7\n",
        "9,5\n8,-3\n7,2\n6,4\n5,1\n",
        "1700000000.5 0.5\n1700000001 2\n1700000002 1\n1700000003 4\n",
      ]
      return try texts.enumerated().map {
        Seed(name: "\($0.offset)", bytes: Array($0.element.utf8))
      }
        + Seed.fixtures("TextTablesTests/Fixtures/tables").filter { $0.bytes.count <= 512 }
    },
    read: { input in
      input.attempt { try readGiven(input, as: "given.csv") }
      for (content, takesAll) in [
        (NumberTable.Content.classes, false), (.classes, true), (.labels, false),
      ] {
        var options = TableOptions()
        options.takesAllColumns = takesAll
        options.droppedColumns = input.isChosen ? ["0"] : []
        input.attempt {
          let table = try NumberTable(contentsOf: input.url, of: content, options)
          precondition(table.values.allSatisfy(\.isFinite))
          precondition(table.values.count == table.rowCount * table.columnCount)
          // The numbers are written and read again.
          let lines = stride(from: 0, to: table.values.count, by: table.columnCount).map {
            start in
            table.values[start..<start + table.columnCount].map { "\($0)" }.joined(separator: ",")
          }
          options.takesAllColumns = true
          options.droppedColumns = []
          options.hasHeader = false
          let text = Array(lines.joined(separator: "\n").utf8)
          let copy = try NumberTable(text, file: input.url.path, of: content, options)
          precondition(copy.values == table.values, "\(text)")
        }
      }
    })
}
