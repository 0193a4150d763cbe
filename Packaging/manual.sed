# Makes a page of ArgumentParser's generator one that man-db's tools read.

# Paragraphs are told by a macro.
s/^$/.Pp/

# A page is named by one word, such as mixmo-data-verify; its synopsis begins with the words of the command.
/^\.Nm ./ {
  h
  s/"//g
  s/ /-/2g
}
/^\.Nm$/ g
s/^\.Nd "\(.*\)"$/.Nd \1/
:next
s/^\(\.\(Dt\|Xr\) [^ .]*\)\./\1-/
t next
