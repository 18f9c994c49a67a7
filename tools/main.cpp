#include "tools/command_line.h"

#include <iostream>

int main(int argc, char** argv) {
    tanji::tools::Tool tool{std::cout, std::cerr};
    return tanji::tools::CommandLine(tool).run({argv + 1, argv + argc});
}
