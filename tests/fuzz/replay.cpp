// Runs a fuzz target over the files of its corpus, and over a few inputs of its own: the ordinary
// tests do this with any compiler. Usage: NAME_fuzz FOLDER|FILE…

#include "tests/fuzz/fuzz.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

namespace {

void run(const std::string& input) {
    // A copy of exactly that size on the heap: a read past its end is then seen by a sanitizer.
    const std::vector<std::uint8_t> bytes(input.begin(), input.end());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// Every beginning of a small input, every single bit of it flipped, and so on: cheap neighbours of
// what is known to be good.
std::size_t run_neighbours(const std::string& input) {
    constexpr std::size_t places = 64;
    const std::size_t step = std::max<std::size_t>(1, input.size() / places);
    std::size_t runs = 0;
    for (std::size_t at = 0; at < input.size(); at += step) {
        run(input.substr(0, at));
        std::string changed = input;
        changed[at] = static_cast<char>(changed[at] ^ (1 << (at % 8)));
        run(changed);
        runs += 2;
    }
    return runs;
}

}  // namespace

int main(int count, char** words) {
    std::vector<std::filesystem::path> files;
    for (int i = 1; i < count; ++i) {
        if (!std::filesystem::is_directory(words[i])) {
            files.emplace_back(words[i]);
            continue;
        }
        for (const auto& entry : std::filesystem::directory_iterator(words[i])) {
            files.push_back(entry.path());
        }
    }
    std::ranges::sort(files);
    run("");
    run(std::string(9, '\xff'));
    run(std::string(4'096, '['));
    std::size_t runs = 3;
    for (const auto& file : files) {
        std::cerr << file.filename().string() << "\n";  // the last one is the finding
        const std::string input = read_file(file);
        run(input);
        runs += 1 + run_neighbours(input);
    }
    std::cout << runs << " inputs, " << files.size() << " of them files\n";
    return files.empty() ? 1 : 0;
}
