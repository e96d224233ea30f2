package io.sereno;

import java.util.List;

public record Members(List<Member> list, boolean current) {
    public Members {
        list = List.copyOf(list);
    }
}
