// A cluster as a source of the build, and the statuses of its custom resources as an output.
//
// Of the build thread, on which the source is made, called and destroyed.
#pragma once

#include <functional>
#include <memory>

#include "config/settings.h"
#include "kubernetes/source.h"
#include "pipeline/output.h"
#include "pipeline/source.h"

namespace kubernetes {

// By the kubeconfig of the settings, else by the service account of the pod that we are. Reads the
// file and the environment. Throws std::runtime_error with what is wrong and the remedy.
SourceSettings source_settings(const config::Settings& settings);

// What the source and the output share: the connection to the API server, once it is made.
struct ClusterLink {
  explicit ClusterLink(SourceSettings with) : settings(std::move(with)) {}

  SourceSettings settings;
  Source* source = nullptr;  // while there is one
};

// Makes the source on the thread that runs the io_context.
std::function<std::unique_ptr<pipeline::Source>(boost::asio::io_context&, pipeline::Deliver)>
source(std::shared_ptr<ClusterLink> cluster);

std::unique_ptr<pipeline::Output> status_output(std::shared_ptr<ClusterLink> cluster);

}  // namespace kubernetes
