#include "ledger/store/store.h"

#include <utility>

namespace tanji::ledger {
namespace {

using Values = std::map<Bytes, Bytes, std::less<>>;

class MemoryReader : public Reader {
public:
    explicit MemoryReader(std::shared_ptr<const Values> values) : values_(std::move(values)) {}

    std::optional<Bytes> get(ByteView key) const override {
        const auto found = values_->find(key);
        return found != values_->end() ? std::optional(found->second) : std::nullopt;
    }

    void scan(ByteView from, ByteView until, const Visit& visit) const override {
        if (!until.empty() && until <= from) {
            return;
        }
        const auto end = until.empty() ? values_->end() : values_->lower_bound(until);
        for (auto at = values_->lower_bound(from); at != end && visit(at->first, at->second);) {
            ++at;
        }
    }

    void scan_back(ByteView from, ByteView until, const Visit& visit) const override {
        if (!until.empty() && until <= from) {
            return;
        }
        const auto begin = values_->lower_bound(from);
        auto at = until.empty() ? values_->end() : values_->lower_bound(until);
        while (at != begin) {
            --at;
            if (!visit(at->first, at->second)) {
                return;
            }
        }
    }

private:
    std::shared_ptr<const Values> values_;
};

// Copies the whole map when somebody still looks at a snapshot of it: simple, and small here.
class MemoryStore : public Store {
public:
    std::optional<Bytes> get(ByteView key) const override { return reader().get(key); }
    void scan(ByteView from, ByteView until, const Visit& visit) const override {
        reader().scan(from, until, visit);
    }
    void scan_back(ByteView from, ByteView until, const Visit& visit) const override {
        reader().scan_back(from, until, visit);
    }

    void write(const Changes& changes) override {
        if (values_.use_count() > 1) {
            values_ = std::make_shared<Values>(*values_);
        }
        for (const auto& [key, value] : changes) {
            if (value) {
                values_->insert_or_assign(key, *value);
            } else {
                values_->erase(key);
            }
        }
    }

    std::unique_ptr<const Reader> snapshot() const override {
        return std::make_unique<MemoryReader>(values_);
    }

    void flush() override {}

private:
    MemoryReader reader() const { return MemoryReader(values_); }

    std::shared_ptr<Values> values_ = std::make_shared<Values>();
};

}  // namespace

std::unique_ptr<Store> make_memory_store() {
    return std::make_unique<MemoryStore>();
}

}  // namespace tanji::ledger
