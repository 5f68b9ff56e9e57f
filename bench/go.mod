module croft/bench

go 1.26

require github.com/hybridgroup/yzma v1.26.0
