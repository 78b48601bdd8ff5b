# cmake -DFOLDER=… -DFUNCTION=… -DOUT=… -P embed_migrations.cmake: writes the SQL files, in order, into a source file.
file(GLOB files "${FOLDER}/*.sql")
list(SORT files)
set(rows "")
foreach(file ${files})
  get_filename_component(name "${file}" NAME_WE)
  string(REGEX MATCH "^[0-9]+" version "${name}")
  string(REGEX REPLACE "^0+" "" version "${version}")
  file(READ "${file}" sql)
  # A string literal may have 65,536 bytes; none of these is near that.
  string(APPEND rows "    {${version}, \"${name}\", R\"__sql__(${sql})__sql__\"},\n")
endforeach()
file(WRITE "${OUT}"
  "#include \"projections/migrations.h\"\n\nnamespace paytick::projections {\n\n"
  "const std::vector<Migration>& ${FUNCTION}() {\n  static const std::vector<Migration> all = {\n${rows}  };\n"
  "  return all;\n}\n\n}  // namespace paytick::projections\n")
