package io.sereno.examples.boot;

import io.sereno.Counter;
import io.sereno.Sereno;
import io.sereno.spring.Fencing;
import io.sereno.spring.Locked;
import java.util.Map;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Takes orders: one at a time for each customer, in all processes together. */
@RestController
class Orders {
    private final Sereno sereno;
    private final Counter done;

    Orders(Sereno sereno) {
        this.sereno = sereno;
        this.done = sereno.counter("done");
    }

    @PostMapping("/orders/{customer}")
    @Locked(key = "'customer:' + #customer", waitAtMost = "10s")
    public Map<String, Long> order(@PathVariable String customer) {
        long number = sereno.counter("orders:" + customer).incrementAndGet();
        return Map.of("order", number, "token", Fencing.token());
    }

    @GetMapping("/tasks")
    public Map<String, Long> tasks() {
        return Map.of("done", done.get());
    }
}
