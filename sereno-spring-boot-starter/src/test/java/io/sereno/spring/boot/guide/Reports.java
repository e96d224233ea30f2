package io.sereno.spring.boot.guide;

import io.sereno.Leadership;
import io.sereno.spring.Busy;
import io.sereno.spring.Fencing;
import io.sereno.spring.LeaderOnly;
import io.sereno.spring.Locked;
import io.sereno.spring.OnElected;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

@Service
class Reports {
    private final Archive archive;

    Reports(Archive archive) {
        this.archive = archive;
    }

    @Locked(key = "'report:' + #customer.id()", waitAtMost = "5s", onBusy = Busy.SKIP)
    @Transactional
    public void write(Customer customer) {
        archive.write(customer, Fencing.token());
    }

    @Scheduled(cron = "0 0 3 * * *")
    @LeaderOnly("reports")
    public void nightly() {
        archive.close(Fencing.token());
    }

    @OnElected("reports")
    public void lead(Leadership leadership) {
        while (leadership.isHeld()) {
            archive.writeNext(leadership.fencingToken());
        }
    }
}
