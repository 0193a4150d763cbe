/// The opcodes of pickle protocols 2 to 5 that build data, by the names of Python's `pickletools`.
enum PickleOpcode: UInt8 {
  case mark = 0x28
  case stop = 0x2E
  case pop = 0x30
  case popMark = 0x31
  case dup = 0x32
  case binInt = 0x4A
  case binInt1 = 0x4B
  case binInt2 = 0x4D
  case none = 0x4E
  case binPersID = 0x51
  case reduce = 0x52
  case binString = 0x54
  case shortBinString = 0x55
  case binUnicode = 0x58
  case append = 0x61
  case build = 0x62
  case global = 0x63
  case appends = 0x65
  case binGet = 0x68
  case longBinGet = 0x6A
  case binPut = 0x71
  case longBinPut = 0x72
  case setItem = 0x73
  case tuple = 0x74
  case setItems = 0x75
  case binFloat = 0x47
  case emptyTuple = 0x29
  case emptyList = 0x5D
  case emptyDict = 0x7D
  case binBytes = 0x42
  case shortBinBytes = 0x43

  case proto = 0x80
  case newObj = 0x81
  case tuple1 = 0x85
  case tuple2 = 0x86
  case tuple3 = 0x87
  case newTrue = 0x88
  case newFalse = 0x89
  case long1 = 0x8A
  case long4 = 0x8B

  case shortBinUnicode = 0x8C
  case binUnicode8 = 0x8D
  case binBytes8 = 0x8E
  case stackGlobal = 0x93
  case memoize = 0x94
  case frame = 0x95

  case byteArray8 = 0x96
}
