// What a C++ program asks of the system: files, directories, clocks, variables, random numbers, an exit code. The
// packaged library has no exceptions and no std::filesystem.
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

static void check(bool ok, const char *what) {
  if (!ok) {
    std::cout << what << std::endl;
    std::exit(1);
  }
}

int main(int argc, char **argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  check(words == std::vector<std::string>{"one", "two words"}, "arguments");
  std::cout << "hello " << std::getenv("GREETING") << std::endl;

  check(!mkdir("/data/made", 0777), "mkdir");
  {
    std::unique_ptr<FILE, int (*)(FILE *)> file(std::fopen("/data/made/a", "w+x"), std::fclose);
    check(file && std::fputs("0123456789", file.get()) >= 0, "write");
    std::string text(16, 0);
    check(!std::fseek(file.get(), 4, SEEK_SET), "seek");
    text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    check(text == "456789", "read");
  }
  check(!std::rename("/data/made/a", "/data/made/b") && !std::fopen("/data/made/a", "r"), "rename");
  check(!std::fopen("/elsewhere", "r"), "elsewhere");
  check(!std::remove("/data/made/b") && !rmdir("/data/made"), "remove");

  auto now = std::chrono::system_clock::now().time_since_epoch();
  check(std::chrono::duration_cast<std::chrono::seconds>(now).count() > 1500000000, "time");
  auto began = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - began < std::chrono::milliseconds(2)) {
  }
  std::random_device random;
  check(random() != random() || random() != random(), "random");

  std::cerr << std::string(std::istreambuf_iterator<char>(std::cin), {});
  return 7;
}
