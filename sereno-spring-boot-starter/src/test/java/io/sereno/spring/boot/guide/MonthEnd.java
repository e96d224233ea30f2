package io.sereno.spring.boot.guide;

import io.sereno.Mutex;
import io.sereno.Sereno;
import org.springframework.stereotype.Service;

@Service
class MonthEnd {
    private final Mutex mutex;

    MonthEnd(Sereno sereno) {
        mutex = sereno.mutex("close-month");
    }

    long close(Ledger ledger) throws InterruptedException {
        return mutex.call(grant -> ledger.closeMonth(grant.fencingToken()));
    }
}
