# Writes OUTPUT: one array of characters per file of PAIRS (file, name, file, name, …) below ROOT.
#
#     cmake -DOUTPUT=out.cpp "-DPAIRS=api/openapi.json;openapi_json" -DROOT=. -P tests/embed.cmake
set(text "// Made by tests/embed.cmake.\n#include <string_view>\n\nnamespace tanji::assets {\n")
list(LENGTH PAIRS length)
math(EXPR last "${length} - 1")
foreach(index RANGE 0 ${last} 2)
    math(EXPR next "${index} + 1")
    list(GET PAIRS ${index} file)
    list(GET PAIRS ${next} name)
    file(READ ${ROOT}/${file} bytes HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
    file(SIZE ${ROOT}/${file} size)
    string(APPEND text
        "static const char ${name}_bytes[] = {${bytes}};\n"
        "extern const std::string_view ${name};\n"
        "const std::string_view ${name}(${name}_bytes, ${size});\n")
endforeach()
string(APPEND text "}  // namespace tanji::assets\n")
file(WRITE ${OUTPUT} "${text}")
