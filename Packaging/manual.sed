# Makes a page of ArgumentParser's generator one that man-db's tools read.

# A blank line ends a paragraph; mdoc has a macro for that.
s/^$/.Pp/

# The name of a page is one word, such as mixmo-data-verify; its synopsis has the command as it is typed.
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
